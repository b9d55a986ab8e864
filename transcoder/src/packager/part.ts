/** A CMAF chunk: `moof` and `mdat` in pieces that are written one after the other and never joined. */
export interface Part {
  readonly buffers: readonly Buffer[];
  readonly byteLength: number;
  /** Seconds, as the playlist says them. */
  readonly duration: number;
  /** It holds a keyframe, so a player may start with it. */
  readonly independent: boolean;
  readonly videoSamples: number;
  readonly audioSamples: number;
}

/** Bytes of several parts, such as a segment's, without copying. */
export function buffersOf(parts: readonly Part[]): readonly Buffer[] {
  return parts.flatMap((part) => part.buffers);
}
