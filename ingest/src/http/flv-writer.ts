import type { ServerResponse } from 'node:http';
import type { FlvTag } from '@showrunner/service-kit';
import { flvTagHeader, flvTagTrailer } from '@showrunner/service-kit/flv';

/** Writes tags into an HTTP response: payloads as they are, and all of a turn of the event loop in one gathered write. */
export class FlvWriter {
  readonly #response: ServerResponse;
  readonly #queueBytes: number;
  readonly #onSlow: () => void;
  #corked = false;

  /** `onSlow` is called once when more than `queueBytes` wait; the response is destroyed then. */
  constructor(response: ServerResponse, queueBytes: number, onSlow: () => void) {
    this.#response = response;
    this.#queueBytes = queueBytes;
    this.#onSlow = onSlow;
  }

  write(...pieces: Buffer[]): void {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return;
    if (response.writableLength > this.#queueBytes) {
      this.#onSlow();
      response.destroy();
      return;
    }
    if (!this.#corked) {
      this.#corked = true;
      response.cork();
      process.nextTick(() => this.#uncork());
    }
    for (const piece of pieces) response.write(piece);
  }

  /** Ends the response behind what was written: node:http by itself would put the end before what is still gathered. */
  end(): void {
    this.#uncork();
    if (!this.#response.writableEnded) this.#response.end();
  }

  /** The reader is to know that this was not the end. */
  cutOff(): void {
    this.#response.destroy();
  }

  tag(type: FlvTag['type'], timestamp: number, payload: Buffer): void {
    this.write(flvTagHeader(type, timestamp, payload.length), payload, flvTagTrailer(payload.length));
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#response.uncork();
  }
}
