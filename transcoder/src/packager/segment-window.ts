import { VIDEO_TIMESCALE } from '../boxes/init-segment.ts';
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

/** `ticks` is the duration in 1/90000 s: sums of whole numbers stay exact however long they run. */
type OpenSegment = { -readonly [K in keyof Segment]: Segment[K] } & { parts: Part[]; ticks: number };

export interface WindowLimits {
  /** Seconds of complete segments on the playlist, at least. */
  readonly listedS: number;
  /** Seconds of segments that can still be fetched after they left the playlist. */
  readonly retiredS: number;
  /** Of all that can be fetched; beyond it the oldest segments leave early. */
  readonly maxBytes: number;
}

/** However short segments are, there are no more of them on the playlist, nor behind it. */
const MOST_SEGMENTS = 128;

interface InitMap {
  readonly bytes: Buffer;
  /** Segments that refer to it. */
  segments: number;
}

function toTicks(seconds: number): number {
  return Math.round(seconds * VIDEO_TIMESCALE);
}

/** The segments of one rendition that can be fetched: those listed, and those that left the playlist lately. */
export class SegmentWindow {
  readonly #limits: WindowLimits;
  readonly #maps = new Map<string, InitMap>();
  readonly #retired: OpenSegment[] = [];
  readonly #listed: OpenSegment[] = [];
  #newestMap = '';
  #listedTicks = 0;
  #retiredTicks = 0;
  #bytes = 0;
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

  /** Bytes of all that can be fetched. */
  get byteLength(): number {
    return this.#bytes;
  }

  map(name: string): Buffer | undefined {
    return this.#maps.get(name)?.bytes;
  }

  /** The one that the next segments refer to. */
  addMap(name: string, bytes: Buffer): void {
    const former = this.#newestMap;
    this.#newestMap = name;
    if (!this.#maps.has(name)) {
      this.#maps.set(name, { bytes, segments: 0 });
      this.#bytes += bytes.length;
    }
    this.#forgetMap(former);
  }

  /** Takes everything off the playlist, so that the next segment may have any higher number. */
  retireAll(): void {
    this.complete();
    while (this.#listed.length > 0) this.#unlist();
    this.#version++;
    this.#retire();
  }

  /** Begins a segment; the one before must be complete. */
  begin(start: SegmentStart, map: string, gapSeconds?: number): void {
    const gap = gapSeconds !== undefined;
    const { msn, startMs, discontinuity, discontinuitySequence, programDateTimeMs } = start;
    const ticks = toTicks(gapSeconds ?? 0);
    this.#listedTicks += ticks;
    const used = this.#maps.get(map);
    if (used) used.segments++;
    this.#listed.push({
      msn,
      startMs,
      discontinuity,
      discontinuitySequence,
      programDateTimeMs,
      map,
      parts: [],
      duration: gapSeconds ?? 0,
      ticks,
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
    const ticks = toTicks(part.duration);
    segment.duration += part.duration;
    segment.ticks += ticks;
    this.#listedTicks += ticks;
    segment.byteLength += part.byteLength;
    this.#bytes += part.byteLength;
    this.#version++;
    if (this.#bytes > this.#limits.maxBytes) this.#retire();
  }

  complete(): void {
    const segment = this.#listed.at(-1);
    if (!segment || segment.complete) return;
    segment.complete = true;
    // RFC 8216bis 4.4.4.7: who meets EXT-X-GAP loads nothing of a segment, so one of which only parts are missing has none.
    segment.gap = segment.parts.length > 0 && segment.parts.every(({ gap }) => gap);
    this.#version++;
    this.#retire();
  }

  end(): void {
    this.complete();
    this.#ended = true;
    this.#version++;
  }

  #retire(): void {
    const { listedS, retiredS, maxBytes } = this.#limits;
    while (this.#listed.length > 1) {
      const whenGone = this.#listedTicks - this.#listed[0]!.ticks;
      if (whenGone < toTicks(listedS) && this.#listed.length <= MOST_SEGMENTS) break;
      this.#unlist();
    }
    const mostTicks = toTicks(retiredS);
    while (this.#retiredTicks > mostTicks || this.#retired.length > MOST_SEGMENTS) this.#forgetOldest();
    while (this.#bytes > maxBytes && this.#retired.length + this.#listed.length > 1) {
      if (this.#retired.length === 0) this.#unlist();
      this.#forgetOldest();
    }
  }

  /** The first segment leaves the playlist. */
  #unlist(): void {
    const segment = this.#listed.shift()!;
    this.#listedTicks -= segment.ticks;
    this.#retiredTicks += segment.ticks;
    this.#retired.push(segment);
  }

  #forgetOldest(): void {
    const segment = this.#retired.shift()!;
    this.#retiredTicks -= segment.ticks;
    this.#bytes -= segment.byteLength;
    const map = this.#maps.get(segment.map);
    if (map) map.segments--;
    this.#forgetMap(segment.map);
  }

  /** Forgets a map that no segment refers to, nor will. */
  #forgetMap(name: string): void {
    const map = this.#maps.get(name);
    if (!map || map.segments > 0 || name === this.#newestMap) return;
    this.#bytes -= map.bytes.length;
    this.#maps.delete(name);
  }
}
