import type { FlvSink, FlvTag, StopReason } from '../seams/flv-source.ts';
import type { LinkMark } from './link-mark.ts';

/** Where the show stands as the other end of the link says: `undefined` while there is no word from it. */
export type LinkState = Extract<LinkMark, { event: 'alive' }>['state'] | undefined;

/** How long a sink that threw hears nothing, so that one that always throws costs little. */
const PUT_OFF_MS = 1_000;

export interface LinkedShowOptions {
  readonly sink: FlvSink;
  /** How long a show stays open while its publisher is away, in milliseconds. */
  readonly graceMs: () => number;
  /** The sink threw. */
  readonly failed: (error: unknown) => void;
}

/**
 * What the sink at the end of a link is told, and when: that a link breaks is told as a publisher that drops, and the
 * show stays open for the grace, whatever becomes of the link or of the ingest behind it. Times are milliseconds of a clock
 * that only goes forward.
 */
export class LinkedShow {
  readonly #options: LinkedShowOptions;
  #state: LinkState;
  #onAir = false;
  #begun = false;
  /** Who speaks, and who spoke when the publisher was on air last. */
  #speaker: string | undefined;
  #knownBy: string | undefined;
  #awaySince = 0;
  #endReason: StopReason = 'grace-over';
  #putOffUntil: number | undefined;
  #hasThrown = false;
  #closed = false;

  constructor(options: LinkedShowOptions) {
    this.#options = options;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Frames that are past already may be told: the sink knows nothing of the show yet, and did not fail at them. */
  get takesReplay(): boolean {
    return !this.#begun && !this.#hasThrown;
  }

  mark(mark: LinkMark, nowMs: number): void {
    switch (mark.event) {
      case 'alive':
        this.#state = mark.state;
        this.#speaker = mark.instance;
        // Who had the show on air and has none any more has ended it while we were away; another one knows nothing of it.
        if (mark.state === 'off' && this.#begun && !this.#onAir && this.#knownBy === mark.instance)
          this.#end('grace-over');
        return;
      case 'publisherStarted':
        this.#stop('dropped', nowMs);
        this.#state = 'live';
        this.#onAir = true;
        this.#begun = true;
        this.#knownBy = this.#speaker;
        this.#putOffUntil = undefined;
        this.#hasThrown = false;
        this.#endReason = 'grace-over';
        this.#tell(nowMs, (sink) => sink.publisherStarted(mark.onAirSince, mark.behindMs));
        return;
      case 'publisherStopped':
        this.#state = 'reconnecting';
        this.#stop(mark.reason, nowMs);
        return;
      case 'showEnded':
        this.#state = 'off';
        this.#stop(mark.reason, nowMs);
        if (mark.reason !== 'shutdown') return this.#end(mark.reason);
        // Another ingest takes its place, and the publisher comes back to that one.
        this.#knownBy = undefined;
        this.#endReason = 'shutdown';
        this.tick(nowMs);
    }
  }

  tag(tag: FlvTag, nowMs: number): void {
    if (!this.#onAir || this.#closed) return;
    try {
      this.#options.sink.tag(tag);
    } catch (error) {
      this.#threw(error, nowMs);
    }
  }

  /** The link is broken: nothing is known until it is there again. */
  lost(nowMs: number): void {
    this.#state = undefined;
    this.#stop('dropped', nowMs);
    this.tick(nowMs);
  }

  /** To be called a few times a second. True where the link should begin anew, for a sink that was put off. */
  tick(nowMs: number): boolean {
    // While ingest has a show or a publisher it is the one to say when that ends.
    const isOver = this.#begun && !this.#onAir && (this.#state === undefined || this.#state === 'off');
    if (isOver && nowMs - this.#awaySince >= this.#options.graceMs()) this.#end(this.#endReason);
    if (this.#putOffUntil === undefined || this.#state !== 'live' || nowMs < this.#putOffUntil) return false;
    this.#putOffUntil = undefined;
    return true;
  }

  /** The sink hears nothing any more. */
  close(): void {
    this.#closed = true;
  }

  #stop(reason: StopReason, nowMs: number): void {
    if (!this.#onAir) return;
    this.#onAir = false;
    this.#awaySince = nowMs;
    this.#tell(nowMs, (sink) => sink.publisherStopped(reason));
  }

  #end(reason: StopReason): void {
    if (!this.#begun) return;
    this.#begun = false;
    this.#tell(this.#awaySince, (sink) => sink.showEnded(reason));
  }

  #tell(nowMs: number, call: (sink: FlvSink) => void): void {
    if (this.#closed) return;
    try {
      call(this.#options.sink);
    } catch (error) {
      this.#threw(error, nowMs);
    }
  }

  #threw(error: unknown, nowMs: number): void {
    this.#options.failed(error);
    const [onAir, begun] = [this.#onAir, this.#begun];
    this.#onAir = false;
    this.#begun = false;
    this.#hasThrown = true;
    this.#putOffUntil = nowMs + PUT_OFF_MS;
    if (onAir) this.#tell(nowMs, (sink) => sink.publisherStopped('reader-failed'));
    if (begun) this.#tell(nowMs, (sink) => sink.showEnded('reader-failed'));
  }
}
