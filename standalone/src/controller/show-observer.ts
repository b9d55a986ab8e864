import { isDeepStrictEqual } from 'node:util';
import { ofAnotherPublisher, type ObservedShow } from '@showrunner/operator/decide';
import type { FlvSink, FlvSource, StopReason, StreamRef } from '@showrunner/service-kit';

/** Follows the shows of one stream and remembers the current or last one. */
export class ShowObserver implements FlvSink {
  #show: ObservedShow | undefined;
  readonly #now: () => number;
  readonly #changed: () => void;
  readonly #subscription: { close(): void };

  constructor(options: { source: FlvSource; stream: StreamRef; now: () => number; changed: () => void }) {
    this.#now = options.now;
    this.#changed = options.changed;
    this.#subscription = options.source.subscribe(options.stream, this);
  }

  get show(): ObservedShow | undefined {
    return this.#show;
  }

  publisherStarted(): void {
    const continues = this.#show && this.#show.state !== 'ended';
    this.#set(
      continues
        ? { ...ofAnotherPublisher(this.#show!), state: 'live' }
        : { state: 'live', startedAt: this.#now(), endedAt: undefined },
    );
  }

  tag(): void {}

  publisherStopped(reason: StopReason): void {
    if (this.#show) this.#set({ ...this.#show, state: 'reconnecting', takenOver: reason === 'replaced' });
  }

  showEnded(): void {
    if (this.#show) this.#set({ ...this.#show, state: 'ended', endedAt: this.#now() });
  }

  /** What the transcoder and ingest found out about the show. */
  found(facts: Partial<Omit<ObservedShow, 'state' | 'startedAt' | 'endedAt'>>): void {
    if (!this.#show) return;
    const show = { ...this.#show, ...facts };
    if (!isDeepStrictEqual(show, this.#show)) this.#set(show);
  }

  close(): void {
    this.#subscription.close();
  }

  #set(show: ObservedShow): void {
    this.#show = show;
    this.#changed();
  }
}
