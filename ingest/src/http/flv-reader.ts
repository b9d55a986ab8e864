import type { ServerResponse } from 'node:http';
import { FLV_SCRIPT, type FlvSink, type FlvTag, type StopReason } from '@showrunner/service-kit';
import { FLV_FILE_HEADER, flvTagHeader, flvTagTrailer } from '@showrunner/service-kit/flv';

/** Between the last tag of one publisher and the first of the next. */
const RECONNECT_GAP_MS = 40;

/**
 * Writes one show into an HTTP response. Payloads are written as they are, several tags in one gathered write. When
 * the publisher comes back its timestamps are moved on to where they had been, so that a player keeps playing.
 */
export class FlvReader implements FlvSink {
  readonly #response: ServerResponse;
  readonly #queueBytes: number;
  readonly #onSlow: () => void;
  #begun = false;
  #corked = false;
  #shift: number | undefined = 0;
  #latest = 0;

  /** `onSlow` is called once when more than `queueBytes` wait; the response is destroyed then. */
  constructor(response: ServerResponse, queueBytes: number, onSlow: () => void) {
    this.#response = response;
    this.#queueBytes = queueBytes;
    this.#onSlow = onSlow;
  }

  publisherStarted(): void {
    if (this.#begun) this.#shift = undefined;
    else this.#response.write(FLV_FILE_HEADER);
    this.#begun = true;
  }

  tag({ type, timestamp, payload }: FlvTag): void {
    const response = this.#response;
    if (response.destroyed) return;
    if (response.writableLength > this.#queueBytes) {
      this.#onSlow();
      response.destroy();
      return;
    }
    if (type !== FLV_SCRIPT) this.#shift ??= (this.#latest + RECONNECT_GAP_MS - timestamp) >>> 0;
    const shifted = this.#shift === undefined ? this.#latest : (timestamp + this.#shift) >>> 0;
    this.#latest = shifted;
    if (!this.#corked) {
      this.#corked = true;
      response.cork();
      process.nextTick(() => {
        this.#corked = false;
        response.uncork();
      });
    }
    response.write(flvTagHeader(type, shifted, payload.length));
    response.write(payload);
    response.write(flvTagTrailer(payload.length));
  }

  /** The show may go on: the response stays open. */
  publisherStopped(): void {}

  showEnded(reason: StopReason): void {
    // A response that is cut short says that the show was not over.
    if (reason === 'reader-failed') this.#response.destroy();
    else this.#response.end();
  }
}
