import { FLV_SCRIPT, type FlvSink, type FlvTag, type StopReason } from '@showrunner/service-kit';
import { FLV_FILE_HEADER } from '@showrunner/service-kit/flv';
import { encodeLinkMark, isLinkMark, type LinkMark } from '@showrunner/service-kit/flv-link';
import type { Show } from '../shows/show.ts';
import type { FlvWriter } from './flv-writer.ts';

/**
 * Writes all that becomes of a stream into an HTTP response, through its shows and the time between them: tags as they were
 * sent, and marks for the rest.
 */
export class FlvFollower implements FlvSink {
  readonly #writer: FlvWriter;
  readonly #state: () => Show['state'];
  readonly #instance: string;
  #silent = false;

  /** @param instance Names this process. */
  constructor(writer: FlvWriter, state: () => Show['state'], instance: string) {
    this.#writer = writer;
    this.#state = state;
    this.#instance = instance;
    writer.write(FLV_FILE_HEADER);
    this.#alive();
  }

  /** To be called every second: says that the link lives where nothing has said so since the last call. */
  beat(): void {
    if (this.#silent) this.#alive();
    this.#silent = true;
  }

  publisherStarted(onAirSince?: number, behindMs?: number): void {
    this.#mark({ event: 'publisherStarted', onAirSince, behindMs });
  }

  tag({ type, timestamp, payload }: FlvTag): void {
    // A publisher may send what it likes in a script; it may not speak for us.
    if (type === FLV_SCRIPT && isLinkMark(payload)) return;
    this.#silent = false;
    this.#writer.tag(type, timestamp, payload);
  }

  publisherStopped(reason: StopReason): void {
    this.#mark({ event: 'publisherStopped', reason });
  }

  showEnded(reason: StopReason): void {
    this.#mark({ event: 'showEnded', reason });
  }

  #alive(): void {
    this.#mark({ event: 'alive', state: this.#state(), instance: this.#instance });
  }

  #mark(mark: LinkMark): void {
    this.#silent = false;
    this.#writer.tag(FLV_SCRIPT, 0, encodeLinkMark(mark));
  }
}
