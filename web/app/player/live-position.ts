import type { Engine, Listed } from './engine.ts';
import { LatencyController } from './latency-controller.ts';
import { destination, isMomentGone, isNearLive, type LiveWindow } from './live-window.ts';
import { ProgrammeClock } from './programme-clock.ts';

/** Further behind the world than this, in seconds, a picture is not called live. */
const LIVE_WITHIN = 10;
/** The buffer ends at most this many seconds before the newest media where a jump to live needs no new start. */
const REACHES_LIVE = 2;
/** A browser that plays HLS by itself and is paused asks for no list once its own has stayed the same for this long, in seconds. */
const NATIVE_ANSWERS_WITHIN = 3;

type EngineView = Pick<Engine, 'video' | 'listed' | 'bufferedEnd' | 'hasOwnLoader' | 'seek'>;

/**
 * Where a viewer is in a live show: live and held there by the latency controller, or behind because they went back or
 * paused, and then left alone.
 */
export class LivePosition {
  readonly #engine: EngineView;
  readonly #controller = new LatencyController();
  readonly #clock = new ProgrammeClock();
  #following = true;
  /** Seconds from the picture to the newest media when it was live last. */
  #lag = 0;
  /** The newest end that was listed, and when the server was heard of last. */
  #newest = { end: NaN, heard: 0 };
  /** Programme time minus media time, in seconds. */
  #programmeOffset: number | undefined;

  constructor(engine: EngineView) {
    this.#engine = engine;
  }

  /** Another source begins, at its live edge. */
  restart(): void {
    this.#following = true;
    this.#programmeOffset = undefined;
    this.#newest = { end: NaN, heard: 0 };
    this.#controller.restart();
    this.#clock.restart();
  }

  get following(): boolean {
    return this.#following;
  }

  get isLive(): boolean {
    return this.#following && (this.latency ?? 0) < LIVE_WITHIN;
  }

  /** Seconds between the world and the picture. */
  get latency(): number | undefined {
    if (this.#programmeOffset === undefined) return undefined;
    return this.#clock.age(Date.now() / 1000, this.#engine.video.currentTime + this.#programmeOffset);
  }

  get window(): LiveWindow | undefined {
    const listed = this.#listed;
    if (!listed) return undefined;
    return { start: listed.start, live: listed.end - this.#lag, at: this.#engine.video.currentTime };
  }

  /** Whether the show can no longer be wound back to the picture. */
  get isMomentGone(): boolean {
    const { window } = this;
    return window !== undefined && isMomentGone(window);
  }

  playlistArrived(newestEnd: number): void {
    this.#clock.arrived(Date.now() / 1000, newestEnd);
  }

  /** The server was heard of. A list that stays the same then means that the show does: its transcoder is away. */
  reloadAnswered(): void {
    this.#newest.heard = seconds();
  }

  appended(caughtUp: boolean, programmeEnd: number | undefined): void {
    const { bufferedEnd, video } = this.#engine;
    if (bufferedEnd === undefined) return;
    if (programmeEnd !== undefined) this.#programmeOffset = programmeEnd - bufferedEnd;
    this.#controller.appended(seconds(), video.currentTime, bufferedEnd, caughtUp);
  }

  stalled(): void {
    this.#controller.stalled(seconds());
  }

  /** Goes to a media time within the window; `live` where that means the live edge, and nothing was done. */
  seek(time: number): 'live' | 'there' {
    const { window } = this;
    if (!window) return 'there';
    const to = destination(window, time);
    if (to === 'live') return 'live';
    this.#following = false;
    this.#controller.restart();
    this.#engine.seek(to);
    return 'there';
  }

  /** After a pause: who fell back stays where they are. */
  resumed(): void {
    const { window } = this;
    if (window && !isNearLive(window)) this.#following = false;
  }

  /** Holds the live edge from now on. False where the buffer does not reach it: the source has to be loaded anew. */
  follow(): boolean {
    const { bufferedEnd, hasOwnLoader } = this.#engine;
    const listed = this.#listed;
    if (!this.#following) this.#controller.restart();
    this.#following = true;
    if (!listed) return false;
    if (!hasOwnLoader) {
      this.#engine.seek(listed.end - this.#lag);
      return true;
    }
    return bufferedEnd !== undefined && bufferedEnd > listed.end - REACHES_LIVE;
  }

  /** Asked about ten times a second. A viewer who is behind on purpose is not pulled. */
  tick(playing: boolean): void {
    const { video, listed, bufferedEnd, hasOwnLoader } = this.#engine;
    let playbackRate = 1;
    if (playing && this.#following) {
      if (hasOwnLoader) {
        const action = this.#controller.tick(seconds(), video.currentTime);
        playbackRate = action.playbackRate;
        const { jumpTo } = action;
        if (jumpTo !== undefined && bufferedEnd !== undefined && jumpTo < bufferedEnd) this.#engine.seek(jumpTo);
      }
      if (listed) this.#lag = Math.max(0, listed.end - video.currentTime);
    }
    if (listed && (listed.end !== this.#newest.end || (!hasOwnLoader && !video.paused))) {
      this.#newest = { end: listed.end, heard: seconds() };
    }
    if (video.playbackRate !== playbackRate) video.playbackRate = playbackRate;
  }

  /**
   * What the server lists now. It drops the old and adds the new also while nothing is heard of it: when the network is away, or where
   * the browser plays HLS by itself and asks for no list while it is paused. While that plays, it does ask: what it lists is believed.
   */
  get #listed(): Pick<Listed, 'start' | 'end'> | undefined {
    const { listed } = this.#engine;
    if (!listed || listed.complete || listed.end !== this.#newest.end) return listed;
    const unheard = seconds() - this.#newest.heard;
    if (unheard <= (listed.answersWithin ?? NATIVE_ANSWERS_WITHIN)) return listed;
    return { start: listed.start + unheard, end: listed.end + unheard };
  }
}

function seconds(): number {
  return performance.now() / 1000;
}
