/** Names one LiveStream. */
export interface StreamRef {
  readonly namespace: string;
  readonly name: string;
}

export const FLV_AUDIO = 8;
export const FLV_VIDEO = 9;
export const FLV_SCRIPT = 18;

/** One FLV tag as its publisher sent it. */
export interface FlvTag {
  readonly type: typeof FLV_AUDIO | typeof FLV_VIDEO | typeof FLV_SCRIPT;
  /** Milliseconds, unsigned 32 bits, as sent: it may jump, go back or wrap. */
  readonly timestamp: number;
  /** Body of the tag. Never written to again, so it may be kept and sliced. */
  readonly payload: Buffer;
}

/** Why a publisher went away, or a show ended; `reader-failed` is told to that reader alone. */
export type StopReason =
  'closed' | 'dropped' | 'idle' | 'replaced' | 'disabled' | 'refused' | 'shutdown' | 'grace-over' | 'reader-failed';

/**
 * Receives what happens on one live stream, in order:
 * `publisherStarted tag* publisherStopped` once or more (they may repeat within the reconnect grace), then `showEnded`;
 * after that a further `publisherStarted` begins the next show. Calls are synchronous and must not throw: for a sink
 * that does, publisher and show end with `reader-failed`, and begin anew, as for one that subscribes late, a second later
 * or with the next publisher.
 */
export interface FlvSink {
  /**
   * @param onAirSince When the show went on air, reconnects included, in milliseconds since the epoch; absent where unknown.
   * @param behindMs How long ago the frames came that follow now; they are replayed where it is above 0.
   */
  publisherStarted(onAirSince?: number, behindMs?: number): void;
  tag(tag: FlvTag): void;
  publisherStopped(reason: StopReason): void;
  showEnded(reason: StopReason): void;
}

/**
 * The tags of live streams. A sink that subscribes while a publisher is on air gets `publisherStarted`, the last
 * script tag and sequence headers, then the tags from the next keyframe on (from the next tag, without video), or a replay
 * where it asks for it.
 */
export interface FlvSource {
  subscribe(stream: StreamRef, sink: FlvSink, options?: SubscribeOptions): { close(): void };
}

export interface SubscribeOptions {
  /**
   * A sink that comes in the middle need not wait: it gets the frames since the last keyframe at once, where the source still has them.
   * Not after it threw, and not where only the way to it broke and is there again.
   */
  readonly replay?: boolean;
}

export function streamId(stream: StreamRef): string {
  // Such texts are kept by the ten thousand, and a template would keep its parts beside the whole.
  return [stream.namespace, stream.name].join('/');
}
