/**
 * Holds a live player close to the newest media without running dry.
 *
 * Media arrives in parts, so the buffer is a saw: it is smallest just before a part is appended, and only that trough
 * decides whether playback stalls. For each append the controller notes the *supply*: end of the media that was
 * buffered until then, minus the wall clock. Supply does not depend on where the playhead is, so the trough that a
 * playhead will meet is known at once: `supply - (currentTime - wall clock)`. The worst supply of the last seconds less
 * a safety margin is where the playhead should be; small changes of the playback rate bring it there.
 */
export interface LatencyControllerOptions {
  /** Seconds of media that should remain just before an append, when all is calm. */
  readonly margin: number;
  /** The margin never grows beyond this, in seconds. */
  readonly maxMargin: number;
  /** How long a bad append is remembered, in seconds. */
  readonly memory: number;
  /** Slowest and fastest playback rate. */
  readonly minRate: number;
  readonly maxRate: number;
  /** Further behind its place than this, in seconds, the playhead jumps. */
  readonly jumpBehind: number;
}

export const DEFAULT_OPTIONS: LatencyControllerOptions = {
  margin: 0.42,
  maxMargin: 2.5,
  memory: 25,
  minRate: 0.95,
  maxRate: 1.08,
  jumpBehind: 4,
};

/** What to do now. `jumpTo` is a media time in seconds. */
export interface LatencyAction {
  readonly playbackRate: number;
  readonly jumpTo: number | undefined;
}

const REST: LatencyAction = { playbackRate: 1, jumpTo: undefined };
/** Within this many seconds of its place the playhead is left alone; it is corrected until within `SETTLED`. */
const TOLERANCE = 0.06;
const SETTLED = 0.015;
/** Rate change per second of distance, and the step that rates are rounded to. */
const GAIN = 0.2;
const RATE_STEP = 0.005;
/** Supply is remembered as the worst of each of these spans, in seconds, so memory stays small. */
const SPAN = 0.5;
/** A trough below this many seconds was nearly a stall. */
const NEAR_STALL = 0.1;
const MARGIN_AFTER_STALL = 0.15;
const MARGIN_AFTER_NEAR_STALL = 0.05;
/** Seconds of margin given back per second of calm, and how long calm must last first. */
const MARGIN_DECAY = 0.01;
const CALM_AFTER = 10;

interface Span {
  readonly start: number;
  worst: number;
}

export class LatencyController {
  readonly #options: LatencyControllerOptions;
  #spans: Span[] = [];
  #bufferedEnd: number | undefined;
  #margin: number;
  #lastTrouble = -Infinity;
  #lastTick: number | undefined;
  #rate = 1;
  #correcting = true;
  #joining = true;

  constructor(options: Partial<LatencyControllerOptions> = {}) {
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    this.#margin = this.#options.margin;
  }

  /** Seconds of media that should remain just before an append, as of now. */
  get margin(): number {
    return this.#margin;
  }

  /** Forgets what arrived before, as after a seek or when another source begins; keeps what was learnt of the network. */
  restart(): void {
    this.#spans = [];
    this.#bufferedEnd = undefined;
    // Where a player joins is near its place at best: it goes all the way.
    this.#correcting = true;
    this.#joining = true;
    this.#rate = 1;
  }

  /**
   * Tells of an append. `caughtUp` says whether all media that was announced is buffered: while a player still fetches
   * what was there before it came, arrivals say nothing about the network.
   * @param now seconds on a monotonic clock  @param currentTime and @param bufferedEnd media seconds
   */
  appended(now: number, currentTime: number, bufferedEnd: number, caughtUp: boolean): void {
    const before = this.#bufferedEnd;
    if (!caughtUp && this.#joining) return;
    this.#bufferedEnd = bufferedEnd;
    if (before === undefined || bufferedEnd <= before) return;
    this.#note(now, before - now);
    if (before - currentTime < NEAR_STALL) this.#trouble(now, MARGIN_AFTER_NEAR_STALL);
  }

  /** Tells that playback ran dry. */
  stalled(now: number): void {
    this.#trouble(now, MARGIN_AFTER_STALL);
  }

  /** What to do now, asked about ten times a second while the player plays at the live edge. */
  tick(now: number, currentTime: number): LatencyAction {
    const { margin: calmMargin, memory, minRate, maxRate, jumpBehind } = this.#options;
    const elapsed = now - (this.#lastTick ?? now);
    this.#lastTick = now;
    if (now - this.#lastTrouble > CALM_AFTER) {
      this.#margin = Math.max(calmMargin, this.#margin - MARGIN_DECAY * elapsed);
    }
    if (this.#bufferedEnd === undefined) return REST;
    while (this.#spans[0] && this.#spans[0].start < now - memory) this.#spans.shift();
    // An append that is overdue counts before it has come.
    const overdue = this.#bufferedEnd - now;
    const worst = this.#spans.reduce((least, span) => Math.min(least, span.worst), Infinity);
    if (worst === Infinity) return REST;
    const distance = Math.min(worst, overdue) - this.#margin - (currentTime - now);

    const jumpAfter = this.#joining ? TOLERANCE : jumpBehind;
    this.#joining = false;
    if (distance > jumpAfter) {
      this.#rate = 1;
      this.#correcting = false;
      return { playbackRate: 1, jumpTo: currentTime + distance };
    }
    if (Math.abs(distance) > TOLERANCE) this.#correcting = true;
    else if (Math.abs(distance) < SETTLED) this.#correcting = false;
    const wanted = this.#correcting ? Math.min(maxRate, Math.max(minRate, 1 + GAIN * distance)) : 1;
    // Few and small changes: each one makes the browser stretch sound anew.
    const rounded = Math.round(wanted / RATE_STEP) * RATE_STEP;
    if (Math.abs(rounded - this.#rate) >= 2 * RATE_STEP || rounded === 1) this.#rate = rounded;
    return { playbackRate: Number(this.#rate.toFixed(3)), jumpTo: undefined };
  }

  #note(now: number, supply: number): void {
    const last = this.#spans.at(-1);
    if (last && now - last.start < SPAN) last.worst = Math.min(last.worst, supply);
    else this.#spans.push({ start: now, worst: supply });
  }

  #trouble(now: number, more: number): void {
    this.#lastTrouble = now;
    this.#margin = Math.min(this.#options.maxMargin, this.#margin + more);
  }
}
