/** Media of the publisher on air that comes while the show moves on made-up pictures; milliseconds. */
export interface Returning {
  readonly track: 'video' | 'audio';
  /** Its place on the show's timeline. */
  readonly dtsMs: number;
  readonly keyframe: boolean;
  /** Where the media of its track ends, made up or not. */
  readonly endMs: number;
  readonly frameMs: number;
  /** How long media has been coming whose time was made up for already; 0 for the first. */
  readonly lateForMs: number;
  /** Decoders can be led up to the picture before it, and it is displayed after that. */
  readonly joins: boolean;
  /** Decoders can be led up to it, should it be kept. */
  readonly keeps: boolean;
}

export type ReturnStep =
  /** It goes on where it stands. */
  | 'go-on'
  /** It goes on after decoders were led up to it. */
  | 'replay'
  /** It is decoded later, with what follows it. */
  | 'keep'
  | 'drop'
  /** The timeline is moved, for it to follow at the end of what was made up; then it is to be asked for anew. */
  | 'move';

/** Made-up media and what a publisher sends may overlap by less than this without being moved. */
const OVERLAP_MS = 40;
/** A publisher that had to wait sends what waited in a burst. What takes longer stays late. */
const BURST_MS = 300;

/** Its time was made up for already. */
export function isLate(dtsMs: number, endMs: number): boolean {
  return dtsMs < endMs - OVERLAP_MS;
}

/**
 * How a publisher comes back after a hiccup on one connection: what it sends in a burst is skipped, pictures being decoded
 * but not shown, so that the show is as near to it as before; where it stays late the show goes on later.
 */
export function planReturn(media: Returning): ReturnStep {
  const { track, dtsMs, endMs, frameMs, keyframe, joins, keeps } = media;
  if (isLate(dtsMs, endMs)) {
    if (track === 'video' && !keeps) return 'drop';
    if (media.lateForMs >= BURST_MS) return 'move';
    return track === 'video' ? 'keep' : 'drop';
  }
  if (track === 'audio') return 'go-on';
  if (keyframe && dtsMs >= endMs) return 'go-on';
  if (joins && dtsMs >= endMs + frameMs / 2) return 'replay';
  return keeps ? 'keep' : 'drop';
}
