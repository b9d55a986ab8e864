/** A CMAF chunk: `moof` and `mdat`; or, with no buffers, a gap that stands for one (GAP=YES). */
export class Part {
  readonly byteLength: number;
  /** Seconds, as the playlist says them. */
  readonly duration: number;
  /** It holds a keyframe, so a player may start with it. */
  readonly independent: boolean;
  readonly videoSamples: number;
  readonly audioSamples: number;
  /** There is no media for it. */
  readonly gap: boolean;
  /** Header and payloads as they came. */
  #buffers: readonly Buffer[];

  constructor(
    buffers: readonly Buffer[],
    facts: { duration: number; independent: boolean; videoSamples: number; audioSamples: number },
  ) {
    this.#buffers = buffers;
    this.byteLength = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    this.duration = facts.duration;
    this.independent = facts.independent;
    this.videoSamples = facts.videoSamples;
    this.audioSamples = facts.audioSamples;
    this.gap = buffers.length === 0;
  }

  /**
   * In one piece. It is joined when the first viewer asks: a part that nobody watches is never copied, and a write
   * of one buffer costs a quarter of one of fifteen for each of the viewers after.
   */
  get bytes(): Buffer {
    if (this.#buffers.length !== 1) this.#buffers = [Buffer.concat(this.#buffers, this.byteLength)];
    return this.#buffers[0]!;
  }
}
