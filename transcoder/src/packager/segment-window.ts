import type { Part } from './part.ts';
import type { SegmentStart } from './segment-plan.ts';

export interface Segment extends SegmentStart {
  readonly parts: readonly Part[];
  /** Seconds, the sum of its parts. */
  readonly duration: number;
  readonly byteLength: number;
  /** Name of its initialization segment. */
  readonly map: string;
  /** It begins with a keyframe. */
  readonly independent: boolean;
  readonly complete: boolean;
  /** There is no media for it (EXT-X-GAP). */
  readonly gap: boolean;
}

type OpenSegment = { -readonly [K in keyof Segment]: Segment[K] } & { parts: Part[] };

export interface WindowLimits {
  /** Seconds of complete segments on the playlist, at least. */
  readonly listedS: number;
  /** Seconds of segments that can still be fetched after they left the playlist. */
  readonly retiredS: number;
}

/** The segments of one rendition that can be fetched: those listed, and those that left the playlist lately. */
export class SegmentWindow {
  readonly #limits: WindowLimits;
  readonly #maps = new Map<string, Buffer>();
  readonly #retired: Segment[] = [];
  readonly #listed: OpenSegment[] = [];
  #version = 0;
  #ended = false;

  constructor(limits: WindowLimits) {
    this.#limits = limits;
  }

  /** Grows with every change that a playlist shows. */
  get version(): number {
    return this.#version;
  }

  /** No more segments come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** In order; only the last may be incomplete. */
  get segments(): readonly Segment[] {
    return this.#listed;
  }

  get last(): Segment | undefined {
    return this.#listed.at(-1);
  }

  /** The segment that parts are added to. */
  get open(): Segment | undefined {
    const last = this.#listed.at(-1);
    return last && !last.complete ? last : undefined;
  }

  segment(msn: number): Segment | undefined {
    const first = this.#listed[0];
    if (first && msn >= first.msn) return this.#listed[msn - first.msn];
    return this.#retired.find((segment) => segment.msn === msn);
  }

  map(name: string): Buffer | undefined {
    return this.#maps.get(name);
  }

  addMap(name: string, bytes: Buffer): void {
    this.#maps.delete(name); // the newest stands last
    this.#maps.set(name, bytes);
  }

  /** Takes everything off the playlist, so that the next segment may have any higher number. */
  retireAll(): void {
    this.complete();
    this.#retired.push(...this.#listed.splice(0));
    this.#version++;
    this.#retire();
  }

  /** Begins a segment; the one before must be complete. */
  begin(start: SegmentStart, map: string, gapSeconds?: number): void {
    const gap = gapSeconds !== undefined;
    const { msn, startMs, discontinuity, discontinuitySequence, programDateTimeMs } = start;
    this.#listed.push({
      msn,
      startMs,
      discontinuity,
      discontinuitySequence,
      programDateTimeMs,
      map,
      parts: [],
      duration: gapSeconds ?? 0,
      byteLength: 0,
      independent: gap,
      complete: gap,
      gap,
    });
    this.#version++;
    if (gap) this.#retire();
  }

  /** @param startsWithKeyframe Whether the part's first picture is a keyframe. */
  append(part: Part, startsWithKeyframe: boolean): void {
    const segment = this.#listed.at(-1)!;
    if (segment.parts.length === 0) segment.independent = startsWithKeyframe;
    segment.parts.push(part);
    segment.duration += part.duration;
    segment.byteLength += part.byteLength;
    this.#version++;
  }

  complete(): void {
    const segment = this.#listed.at(-1);
    if (!segment || segment.complete) return;
    segment.complete = true;
    this.#version++;
    this.#retire();
  }

  end(): void {
    this.complete();
    this.#ended = true;
    this.#version++;
  }

  #retire(): void {
    while (secondsOf(this.#listed) - (this.#listed[0]?.duration ?? Infinity) >= this.#limits.listedS) {
      this.#retired.push(this.#listed.shift()!);
    }
    while (secondsOf(this.#retired) > this.#limits.retiredS) this.#retired.shift();
    if (this.#maps.size < 2) return;
    const used = new Set([...this.#retired, ...this.#listed].map(({ map }) => map));
    used.add([...this.#maps.keys()].at(-1)!);
    for (const name of this.#maps.keys()) if (!used.has(name)) this.#maps.delete(name);
  }
}

function secondsOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.duration, 0);
}
