import { streamId, type FlvSource, type StopReason, type StreamFacts, type StreamRef } from '@showrunner/service-kit';
import type { AdmissionPolicy } from '../admission/admission.ts';
import type { Publisher, PublisherConnection } from './publisher.ts';
import { Show, type ShowOptions } from './show.ts';

export interface ShowsOptions extends Omit<ShowOptions, 'leftSince'> {
  readonly leftSince?: ((stream: StreamRef) => number | undefined) | undefined;
}

/** All shows of this process. It forgets those that nobody publishes or reads. */
export class Shows implements FlvSource {
  readonly #shows = new Map<string, Show>();
  readonly #options: ShowsOptions;

  constructor(options: ShowsOptions) {
    this.#options = options;
  }

  /** `undefined` where the stream has a publisher that may not be replaced. */
  publish(stream: StreamRef, connection: PublisherConnection, policy: AdmissionPolicy): Publisher | undefined {
    return this.#show(stream).publish(connection, policy);
  }

  subscribe: FlvSource['subscribe'] = (stream, sink, options) => this.#show(stream).subscribe(sink, options);

  /** Ends the stream's show, if one is on. */
  end(stream: StreamRef, reason: StopReason): void {
    this.#shows.get(streamId(stream))?.end(reason);
  }

  state(stream: StreamRef): Show['state'] {
    return this.#shows.get(streamId(stream))?.state ?? 'off';
  }

  /** When the running show went on air, milliseconds since the epoch. */
  onAirSince(stream: StreamRef): number | undefined {
    return this.#shows.get(streamId(stream))?.onAirSince;
  }

  facts(stream: StreamRef): StreamFacts | undefined {
    return this.#shows.get(streamId(stream))?.facts;
  }

  /** To be called a few times a second: ends shows whose grace is over. */
  sweep(): void {
    for (const [id, show] of this.#shows) {
      show.sweep();
      if (show.unused) this.#shows.delete(id);
    }
  }

  close(): void {
    for (const show of this.#shows.values()) show.end('shutdown');
  }

  #show(stream: StreamRef): Show {
    const id = streamId(stream);
    let show = this.#shows.get(id);
    if (!show) {
      const { leftSince, ...options } = this.#options;
      show = new Show(stream, { ...options, leftSince: () => leftSince?.(stream) });
      this.#shows.set(id, show);
    }
    return show;
  }
}
