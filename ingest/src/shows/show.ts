import {
  FLV_AUDIO,
  FLV_SCRIPT,
  FLV_VIDEO,
  type FlvSink,
  type FlvTag,
  type Logger,
  type StopReason,
  type StreamFacts,
  type StreamRef,
  type SubscribeOptions,
} from '@showrunner/service-kit';
import { audioKind, videoKind } from '@showrunner/service-kit/flv';
import type { AdmissionPolicy } from '../admission/admission.ts';
import { StreamMeter } from '../facts/stream-meter.ts';
import { LastGop, type Replay } from './last-gop.ts';
import type { Publisher, PublisherConnection } from './publisher.ts';
import type { Subscription } from './subscription.ts';

interface CurrentPublisher {
  readonly connection: PublisherConnection;
  policy: AdmissionPolicy;
}

/**
 * - off: no show, nobody publishes;
 * - expected: no show, but a publisher has been admitted that has sent no media yet;
 * - live: media comes in;
 * - reconnecting: the publisher of the running show is gone; the show ends at `endsAt`, unless another one has been
 *   admitted by then and sends media.
 */
type ShowState =
  | { readonly name: 'off' }
  | { readonly name: 'expected'; readonly publisher: CurrentPublisher }
  | { readonly name: 'live'; readonly publisher: CurrentPublisher }
  | { readonly name: 'reconnecting'; readonly endsAt: number; readonly publisher: CurrentPublisher | undefined };

const OFF: ShowState = { name: 'off' };
/** How long a reader that threw hears nothing, so that one that always throws costs little. */
const PUT_OFF_MS = 1_000;

export interface ShowOptions {
  readonly logger: Logger;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Milliseconds since the epoch, on a clock that may be set. */
  readonly date: () => number;
  /** When a show went on air that another process may have left, in milliseconds since the epoch. */
  readonly leftSince: () => number | undefined;
  /** Most bytes that are replayed to a late reader, and kept for it. */
  readonly replayBytes: number;
}

/** The show of one live stream: who publishes it, who reads it, and what a late reader must be given first. */
export class Show {
  readonly stream: StreamRef;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #date: () => number;
  readonly #leftSince: () => number | undefined;
  readonly #lastGop: LastGop;
  #state: ShowState = OFF;
  #subscriptions: readonly Subscription[] = [];
  #metadata: FlvTag | undefined;
  #videoHeader: FlvTag | undefined;
  #audioHeader: FlvTag | undefined;
  #meter: StreamMeter | undefined;
  /** Milliseconds since the epoch: when the running show went on air. */
  #since = 0;
  /** Milliseconds since the epoch: when the last show ended here. */
  #endedAt = -Infinity;

  constructor(stream: StreamRef, { logger, now, date, leftSince, replayBytes }: ShowOptions) {
    this.stream = stream;
    this.#logger = logger;
    this.#now = now;
    this.#date = date;
    this.#leftSince = leftSince;
    this.#lastGop = new LastGop(replayBytes);
  }

  get state(): ShowState['name'] {
    return this.#state.name;
  }

  /** When the running show went on air, milliseconds since the epoch. */
  get onAirSince(): number | undefined {
    return this.#state.name === 'live' || this.#state.name === 'reconnecting' ? this.#since : undefined;
  }

  /** Nobody publishes, nobody reads, and no word of the last show is on its way: it may be forgotten. */
  get unused(): boolean {
    return this.#state.name === 'off' && this.#subscriptions.length === 0 && this.#leftSince() === undefined;
  }

  get facts(): StreamFacts | undefined {
    return this.#state.name === 'live' ? this.#meter?.facts(this.#since, this.#now()) : undefined;
  }

  /** `undefined` where another publisher holds the stream and the newcomer may not take over. */
  publish(connection: PublisherConnection, policy: AdmissionPolicy): Publisher | undefined {
    const present = this.#state.name === 'off' ? undefined : this.#state.publisher;
    if (present && policy.takeover === 'refuse') return undefined;
    const publisher: CurrentPublisher = { connection, policy };
    if (this.#state.name === 'live') {
      this.#publisherGone('replaced', policy.reconnectGraceMs, publisher);
    } else if (this.#state.name === 'reconnecting') this.#state = { ...this.#state, publisher };
    else this.#state = { name: 'expected', publisher };
    this.#metadata = undefined;
    present?.connection.replaced();
    return {
      media: (type, timestamp, payload) => this.#media(publisher, type, timestamp, payload),
      setPolicy: (renewed) => (publisher.policy = renewed),
      stop: (reason) => this.#stop(publisher, reason),
    };
  }

  subscribe(sink: FlvSink, { replay = false }: SubscribeOptions = {}): { close(): void } {
    const subscription: Subscription = {
      sink,
      onAir: false,
      begun: false,
      awaitsKeyframe: false,
      putOffUntil: undefined,
    };
    this.#subscriptions = [...this.#subscriptions, subscription];
    if (this.#state.name === 'live')
      this.#beginLate(subscription, replay ? this.#lastGop.replayAt(this.#now()) : undefined);
    return { close: () => this.#remove(subscription) };
  }

  /** Ends the show at once, whoever publishes; its connection is the caller's to close. */
  end(reason: StopReason): void {
    const state = this.#state;
    if (state.name === 'live') this.#tellStopped(reason);
    this.#lastGop.clear();
    this.#state = OFF;
    if (state.name === 'live' || state.name === 'reconnecting') this.#tellEnded(reason);
  }

  /** Ends the show where the grace for its publisher is over; takes readers back that were put off. */
  sweep(): void {
    const state = this.#state;
    if (state.name === 'live') {
      for (const subscription of this.#subscriptions) {
        if (this.#now() >= (subscription.putOffUntil ?? Infinity)) this.#beginLate(subscription);
      }
    }
    // A publisher that is connected is about to send; if it does not, its idle timeout ends the wait.
    if (state.name !== 'reconnecting' || state.publisher || this.#now() < state.endsAt) return;
    this.#state = OFF;
    this.#tellEnded('grace-over');
  }

  #media(publisher: CurrentPublisher, type: FlvTag['type'], timestamp: number, payload: Buffer): void {
    const state = this.#state;
    if (state.name === 'off' || state.publisher !== publisher) return;
    const tag: FlvTag = { type, timestamp, payload };
    if (state.name !== 'live') {
      // Started means the first audio or video; what describes it waits for it.
      if (type === FLV_SCRIPT) {
        this.#metadata = tag;
        return;
      }
      this.#goLive(publisher, state.name === 'expected');
    }
    const frame = this.#remember(tag);
    this.#meter?.measure(tag, this.#now());
    const keyframe = frame && type === FLV_VIDEO && videoKind(payload) === 'keyframe';
    if (frame) this.#lastGop.add(tag, keyframe, this.#now());
    for (const subscription of this.#subscriptions) {
      if (subscription.awaitsKeyframe) {
        if (keyframe) subscription.awaitsKeyframe = false;
        else if (frame) continue;
      }
      if (subscription.onAir) this.#deliver(subscription, tag);
    }
  }

  #deliver(subscription: Subscription, tag: FlvTag): void {
    try {
      subscription.sink.tag(tag);
    } catch (error) {
      this.#threw(subscription, error);
    }
  }

  #goLive(publisher: CurrentPublisher, newShow: boolean): void {
    const date = this.#date();
    if (newShow) this.#since = Math.min(this.#leftByOthers() ?? date, date);
    this.#state = { name: 'live', publisher };
    this.#videoHeader = undefined;
    this.#audioHeader = undefined;
    this.#meter = new StreamMeter(this.#now(), date);
    for (const subscription of this.#subscriptions) {
      this.#begin(subscription);
      const metadata = this.#metadata;
      if (metadata && subscription.onAir) this.#deliver(subscription, metadata);
    }
  }

  /** What is still said of a show that ended here is only late. */
  #leftByOthers(): number | undefined {
    const since = this.#leftSince();
    return since !== undefined && since > this.#endedAt ? since : undefined;
  }

  /** @param behindMs How far behind the frames are that it is given first, in milliseconds. */
  #begin(subscription: Subscription, behindMs?: number): void {
    subscription.onAir = true;
    subscription.begun = true;
    subscription.awaitsKeyframe = false;
    subscription.putOffUntil = undefined;
    this.#tell(subscription, () => subscription.sink.publisherStarted(this.#since, behindMs));
  }

  /** In the middle of the show: with the frames of a replay, or from the next keyframe on. */
  #beginLate(subscription: Subscription, replay?: Replay): void {
    this.#begin(subscription, replay?.behindMs);
    subscription.awaitsKeyframe = this.#videoHeader !== undefined && !replay;
    for (const tag of [this.#metadata, this.#videoHeader, this.#audioHeader, ...(replay?.tags ?? [])]) {
      if (tag && subscription.onAir) this.#deliver(subscription, tag);
    }
  }

  /** Keeps the description that late readers need first; answers whether the tag is a frame. */
  #remember(tag: FlvTag): boolean {
    if (tag.type === FLV_SCRIPT) this.#metadata = tag;
    else if (tag.type === FLV_VIDEO && videoKind(tag.payload) === 'sequence-header') {
      this.#forgetFramesOfOther(this.#videoHeader, tag);
      this.#videoHeader = tag;
    } else if (tag.type === FLV_AUDIO && audioKind(tag.payload) === 'sequence-header') {
      this.#forgetFramesOfOther(this.#audioHeader, tag);
      this.#audioHeader = tag;
    } else return true;
    return false;
  }

  /** Late readers get the newest header first, which says nothing of these frames. Some publishers repeat the same one. */
  #forgetFramesOfOther(header: FlvTag | undefined, newest: FlvTag): void {
    if (header && !header.payload.equals(newest.payload)) this.#lastGop.clear();
  }

  #stop(publisher: CurrentPublisher, reason: StopReason): void {
    const state = this.#state;
    if (state.name === 'off' || state.publisher !== publisher) return;
    const final = reason === 'disabled' || reason === 'shutdown';
    if (state.name === 'live') this.#publisherGone(reason, final ? 0 : publisher.policy.reconnectGraceMs, undefined);
    else if (state.name === 'reconnecting') this.#state = { ...state, publisher: undefined };
    else this.#state = OFF;
  }

  #publisherGone(reason: StopReason, graceMs: number, next: CurrentPublisher | undefined): void {
    this.#metadata = undefined;
    this.#lastGop.clear();
    this.#tellStopped(reason);
    if (graceMs > 0 || next) {
      this.#state = { name: 'reconnecting', endsAt: this.#now() + graceMs, publisher: next };
    } else {
      this.#state = OFF;
      this.#tellEnded(reason);
    }
  }

  #tellStopped(reason: StopReason): void {
    for (const subscription of this.#subscriptions) {
      if (!subscription.onAir) continue;
      subscription.onAir = false;
      this.#tell(subscription, () => subscription.sink.publisherStopped(reason));
    }
  }

  #tellEnded(reason: StopReason): void {
    this.#endedAt = this.#date();
    this.#metadata = undefined;
    for (const subscription of this.#subscriptions) {
      if (!subscription.begun) continue;
      subscription.begun = false;
      this.#tell(subscription, () => subscription.sink.showEnded(reason));
    }
  }

  #tell(subscription: Subscription, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#threw(subscription, error);
    }
  }

  /** A reader that throws must not harm the publisher or the other readers, and is not lost for good. */
  #threw(subscription: Subscription, error: unknown): void {
    this.#logger.error({ err: error, stream: this.stream }, 'a reader of the stream failed: the show ends for it');
    const { sink, onAir, begun } = subscription;
    subscription.onAir = false;
    subscription.begun = false;
    subscription.putOffUntil = this.#now() + PUT_OFF_MS;
    if (onAir) this.#tell(subscription, () => sink.publisherStopped('reader-failed'));
    if (begun) this.#tell(subscription, () => sink.showEnded('reader-failed'));
  }

  #remove(subscription: Subscription): void {
    subscription.onAir = false;
    subscription.begun = false;
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
  }
}
