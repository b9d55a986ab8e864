import type { FlvSink } from '@showrunner/service-kit';

/** One reader of a show, and how far it is. */
export interface Subscription {
  readonly sink: FlvSink;
  /** It has been told of the publisher. */
  onAir: boolean;
  /** It has been told of this show, and will be told of its end. */
  begun: boolean;
  /** It came in the middle: no frames before the next keyframe. */
  awaitsKeyframe: boolean;
  /** Milliseconds since the epoch: it threw, and is told of the running show again from then on. */
  putOffUntil: number | undefined;
}
