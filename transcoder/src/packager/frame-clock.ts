const REMEMBERED = 8;
/** RTMP stamps are whole milliseconds, so a steady source is off by one either way. */
const JITTER_MS = 2;
const COMMON_RATES = [5, 10, 12, 12.5, 15, 20, 24, 25, 30, 48, 50, 60, 72, 75, 90, 100, 120, 144];
const SNAP_MS = 0.4;
/** What stamps and parameter sets may make of a frame: 300 a second (ITU-T H.264 section A.3.4.2) to a very slow show. */
const SHORTEST_MS = 1000 / 300;
const LONGEST_MS = 2500;
/** How far measured intervals may be from the declared one: stamps of whole milliseconds are off by less. */
const DECLARED_TOLERANCE = 0.13;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The interval of the common frame rate that explains a measured one, or the measured one. */
function snap(intervalMs: number): number {
  const rate = COMMON_RATES.find((fps) => Math.abs(1000 / fps - intervalMs) <= SNAP_MS);
  return rate ? 1000 / rate : intervalMs;
}

function bounded(intervalMs: number): number {
  return Math.min(Math.max(intervalMs, SHORTEST_MS), LONGEST_MS);
}

/** Learns from decode times how long a frame lasts and whether that can be relied upon. */
export class FrameClock {
  readonly #declaredMs: number | undefined;
  readonly #intervals: number[] = [];
  #lastMs: number | undefined;
  #nominalMs: number | undefined;
  #steady = false;

  /** @param declaredFps What the stream says of itself: believed only where the frames agree. */
  constructor(declaredFps: number | undefined) {
    this.#declaredMs = declaredFps ? 1000 / declaredFps : undefined;
  }

  /** Milliseconds a frame lasts as far as the stream says so itself. */
  get declaredMs(): number | undefined {
    return this.#declaredMs && bounded(this.#declaredMs);
  }

  /** Milliseconds a frame lasts, 3.3 to 2,500; `undefined` before the second frame. */
  get nominalMs(): number | undefined {
    return this.#nominalMs;
  }

  /** All recent intervals were nominal: the next frame's time can be predicted. */
  get steady(): boolean {
    return this.#steady;
  }

  push(dtsMs: number): void {
    const interval = this.#lastMs === undefined ? undefined : dtsMs - this.#lastMs;
    this.#lastMs = dtsMs;
    if (interval === undefined || interval <= 0) return;
    if (this.#intervals.length === REMEMBERED) this.#intervals.shift();
    this.#intervals.push(interval);
    const learning = this.#nominalMs === undefined || this.#intervals.length < REMEMBERED;
    if (learning) this.#nominalMs = bounded(this.#estimate());
    this.#steady = this.#allWithin(this.#nominalMs!);
    if (!learning && !this.#steady && this.#allWithin(median(this.#intervals))) {
      this.#nominalMs = bounded(snap(mean(this.#intervals)));
      this.#steady = true;
    }
  }

  /** What comes next does not follow what came last. */
  interrupt(): void {
    this.#lastMs = undefined;
  }

  #allWithin(nominalMs: number): boolean {
    for (const interval of this.#intervals) if (Math.abs(interval - nominalMs) > JITTER_MS) return false;
    return true;
  }

  #estimate(): number {
    const typical = median(this.#intervals);
    const declared = this.#declaredMs;
    if (declared && Math.abs(typical - declared) <= declared * DECLARED_TOLERANCE) return declared;
    return this.#allWithin(typical) ? snap(mean(this.#intervals)) : typical;
  }
}
