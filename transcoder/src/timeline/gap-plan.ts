import type { Track } from '../packager/media-sample.ts';

/** How things stand with an open show; milliseconds, monotonic clock and show timeline kept apart by name. */
export interface GapState {
  /** Of a clock that never leaps with the time of day. */
  readonly nowMs: number;
  /** When the last part before the gap was published. */
  readonly publishedAtMs: number;
  /** Where on the timeline that part ended. */
  readonly publishedToMs: number;
  readonly partMs: number;
  /** Silence of this length is filled: a bit less than what viewers in time have buffered. */
  readonly patienceMs: number;
  /** Where the media of each track ends on the timeline, real or filled. */
  readonly endMs: Readonly<Partial<Record<Track, number>>>;
  /** Tracks that are being filled already. */
  readonly filling: ReadonlySet<Track>;
}

export interface Fill {
  readonly track: Track;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Sound comes first: a part is closed by its pictures, and takes the sound along that is there. */
export const FILLED_TRACKS = ['audio', 'video'] as const satisfies readonly Track[];
const SOONEST_MS = 10;
/** What one look makes up at most, in parts: a process that stood still goes on at once, and catches up in steps. */
const PARTS_AT_ONCE = 2;
/** After a standstill of this length viewers go on where they were. To make it up would cost more than it shows. */
export const LONGEST_CATCH_UP_MS = 10_000;

/** Where the timeline should be by now for viewers in time to have media. */
export function dueMs(state: Pick<GapState, 'nowMs' | 'publishedAtMs' | 'publishedToMs'>): number {
  return state.publishedToMs + Math.max(0, state.nowMs - state.publishedAtMs);
}

/**
 * What must be made up so that no viewer in time runs dry: nothing while parts are published; else each track that lags
 * is brought up to the clock by two parts at most at a time, and kept there.
 */
export function planFill(state: GapState): Fill[] {
  const due = dueMs(state);
  const silent = state.filling.size > 0 || state.nowMs - state.publishedAtMs >= state.patienceMs;
  if (!silent) return [];
  const fills: Fill[] = [];
  for (const track of FILLED_TRACKS) {
    const end = state.endMs[track];
    if (end === undefined || due <= end) continue;
    // What waits for its part to close is not late yet.
    if (state.filling.has(track) || due - end >= state.patienceMs - state.partMs) {
      fills.push({ track, fromMs: end, toMs: Math.min(due, end + PARTS_AT_ONCE * state.partMs) });
    }
  }
  return fills;
}

/** Milliseconds until the gap must be looked at again. */
export function nextLookMs(state: GapState): number {
  if (state.filling.size === 0) return Math.max(SOONEST_MS, state.publishedAtMs + state.patienceMs - state.nowMs);
  const { video = -Infinity, audio = -Infinity } = state.endMs;
  return dueMs(state) - Math.max(video, audio) > state.partMs ? SOONEST_MS : state.partMs;
}
