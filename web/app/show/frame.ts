import type { LiveStreamView } from '../api/live-stream-feed.ts';
import type { PlayerSnapshot } from '../player/player-snapshot.ts';

/**
 * What covers the picture of the watch page. `none` shows the picture; `reconnecting`, `press-play` and `ended`
 * lie over it; the others take its place.
 */
export type Frame =
  | { readonly kind: 'none' | 'loading' | 'reconnecting' | 'press-play' }
  | { readonly kind: 'soon'; readonly startAt: number }
  /** `began`: there has been a show at this address. */
  | { readonly kind: 'taken-down'; readonly began: boolean }
  | { readonly kind: 'late' | 'waiting' | 'ended' | 'failed' | 'not-found' | 'unreachable' | 'no-player' };

export interface FrameInput {
  /** What the server says of the stream; `unknown` before it has answered, undefined when there is none. */
  readonly stream: LiveStreamView | undefined | 'unknown';
  /** What the server said of it before it was gone; undefined where it never was. */
  readonly last: LiveStreamView | undefined;
  readonly connection: 'connecting' | 'open' | 'lost';
  /** `missing`: its program could not be fetched. */
  readonly player: Pick<PlayerSnapshot, 'state' | 'shown' | 'autoplay' | 'atLiveEdge'> | 'missing';
  /** The server's clock, Unix ms. */
  readonly now: number;
}

/**
 * A picture that plays is believed before anything else, since the page may know less than the player; but for a stream that is gone,
 * whose media may be served for a while yet.
 */
export function frameOf({ stream, last, connection, player, now }: FrameInput): Frame {
  if (stream === undefined) {
    return last ? { kind: 'taken-down', began: last.startedAt !== undefined } : { kind: 'not-found' };
  }
  if (player === 'missing') return { kind: 'no-player' };
  const playing =
    player.shown && (player.state === 'playing' || player.state === 'stalled' || player.state === 'paused');
  const phase = stream === 'unknown' ? undefined : stream.phase;
  // Who is behind on purpose still has something to see.
  const behind = player.state === 'playing' && !player.atLiveEdge;
  if (phase === 'Reconnecting' && !(playing && behind)) return { kind: 'reconnecting' };
  if (playing) return { kind: 'none' };
  if (player.autoplay === 'refused' && player.state !== 'idle') return { kind: 'press-play' };
  if (stream === 'unknown') return { kind: connection === 'lost' ? 'unreachable' : 'loading' };
  switch (stream.phase) {
    case 'Live':
      return player.state === 'ended' ? { kind: 'ended' } : { kind: 'loading' };
    case 'Reconnecting':
      return { kind: 'reconnecting' };
    case 'Failed':
      return { kind: 'failed' };
    case 'Ended':
    case 'Pending':
    case 'Ready':
      return beforeOrAfter(stream, now);
  }
}

function beforeOrAfter({ phase, startAt, endedAt }: LiveStreamView, now: number): Frame {
  const planned = startAt === undefined ? undefined : Date.parse(startAt);
  if (planned !== undefined && planned > now) return { kind: 'soon', startAt: planned };
  if (phase === 'Ended') return { kind: 'ended' };
  const ranAfterPlan = planned !== undefined && endedAt !== undefined && Date.parse(endedAt) > planned;
  return { kind: planned !== undefined && !ranAfterPlan ? 'late' : 'waiting' };
}

/** What the server said of a stream last; `before` is what that was until now. */
export function lastKnown(
  stream: LiveStreamView | undefined | 'unknown',
  before: LiveStreamView | undefined,
): LiveStreamView | undefined {
  return stream === 'unknown' || stream === undefined ? before : stream;
}

/**
 * Whether controls may say LIVE: not while the publisher is away, when nothing is, nor once the show has ended. Who is behind while the
 * publisher is away may still go to the edge.
 */
export function hasLiveEdge({ kind }: Frame, stream: LiveStreamView | undefined | 'unknown'): boolean {
  return kind === 'none' && (stream === 'unknown' || stream?.phase !== 'Ended');
}

/**
 * Whether there is something to play.
 * @param onAirAtFirst What the document said of the stream, for as long as the server has not answered.
 */
export function isPlayable(stream: LiveStreamView | undefined | 'unknown', onAirAtFirst: boolean): boolean {
  return stream === 'unknown' ? onAirAtFirst : stream?.phase === 'Live' || stream?.phase === 'Reconnecting';
}
