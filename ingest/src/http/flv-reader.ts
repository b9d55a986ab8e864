import { FLV_SCRIPT, type FlvSink, type FlvTag, type StopReason } from '@showrunner/service-kit';
import { FLV_FILE_HEADER } from '@showrunner/service-kit/flv';
import type { FlvWriter } from './flv-writer.ts';

/** Between the last tag of one publisher and the first of the next. */
const RECONNECT_GAP_MS = 40;

/**
 * Writes one show into an HTTP response. When the publisher comes back its timestamps are moved on to where they had
 * been, so that a player keeps playing.
 */
export class FlvReader implements FlvSink {
  readonly #writer: FlvWriter;
  #begun = false;
  #shift: number | undefined = 0;
  #latest = 0;

  constructor(writer: FlvWriter) {
    this.#writer = writer;
  }

  publisherStarted(): void {
    if (this.#begun) this.#shift = undefined;
    else this.#writer.write(FLV_FILE_HEADER);
    this.#begun = true;
  }

  tag({ type, timestamp, payload }: FlvTag): void {
    // The description that each publisher begins with stays at 0: at another time ffmpeg takes it for subtitles.
    if (type === FLV_SCRIPT && timestamp === 0) return this.#writer.tag(type, 0, payload);
    if (type !== FLV_SCRIPT) this.#shift ??= (this.#latest + RECONNECT_GAP_MS - timestamp) >>> 0;
    const shifted = this.#shift === undefined ? this.#latest : (timestamp + this.#shift) >>> 0;
    this.#latest = shifted;
    this.#writer.tag(type, shifted, payload);
  }

  /** The show may go on: the response stays open. */
  publisherStopped(): void {}

  showEnded(reason: StopReason): void {
    // A response that is cut short says that the show was not over.
    if (reason === 'reader-failed') this.#writer.cutOff();
    else this.#writer.end();
  }
}
