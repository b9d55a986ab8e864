import type { Track } from '../packager/media-sample.ts';

/** How things stand with an open show; milliseconds, wall clock and show timeline kept apart by name. */
export interface GapState {
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

/** Where the timeline should be by now for viewers in time to have media. */
export function dueMs(state: Pick<GapState, 'nowMs' | 'publishedAtMs' | 'publishedToMs'>): number {
  return state.publishedToMs + Math.max(0, state.nowMs - state.publishedAtMs);
}

/**
 * What must be made up so that no viewer in time runs dry: nothing while parts are published; else each track that lags
 * is brought up to the wall clock, and kept there.
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
      fills.push({ track, fromMs: end, toMs: due });
    }
  }
  return fills;
}

/** Milliseconds until the gap must be looked at again. */
export function nextLookMs(
  state: Pick<GapState, 'nowMs' | 'publishedAtMs' | 'patienceMs' | 'partMs' | 'filling'>,
): number {
  if (state.filling.size > 0) return state.partMs;
  return Math.max(10, state.publishedAtMs + state.patienceMs - state.nowMs);
}
