import { Autoplay } from './autoplay.ts';
import { Engine } from './engine.ts';
import { LivePosition } from './live-position.ts';
import type { PlayerSnapshot, PlayerState } from './player-snapshot.ts';

const TICK_MS = 100;
/** So many seconds without a picture, and the show is joined anew. */
const REJOIN_AFTER = 8;
/** What unmuting a volume of nothing gives. */
const AUDIBLE = 0.5;

/** Plays one live show after the other: the commands of a viewer, and the state that they and the media lead to. */
export class Player {
  readonly #engine: Engine;
  readonly #position: LivePosition;
  readonly #autoplay: Autoplay;
  readonly #video: HTMLVideoElement;
  readonly #onUpdate: (snapshot: PlayerSnapshot) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #abort = new AbortController();
  #state: PlayerState = 'idle';
  /** When the state was entered, in seconds of the monotonic clock. */
  #since = 0;
  #url: string | undefined;
  #failed = false;
  #shown = false;
  #stallCount = 0;
  #momentsLost = 0;

  /** Puts a video element into `container`. `onUpdate` is told about ten times a second and on every change. */
  constructor(container: HTMLElement, onUpdate: (snapshot: PlayerSnapshot) => void) {
    this.#onUpdate = onUpdate;
    this.#engine = new Engine(container, {
      failed: () => {
        this.#failed = true;
        this.#enter('idle');
      },
      playlistArrived: (newestEnd) => this.#position.playlistArrived(newestEnd),
      reloadAnswered: () => this.#position.reloadAnswered(),
      appended: (caughtUp, programmeEnd) => this.#position.appended(caughtUp, programmeEnd),
    });
    this.#video = this.#engine.video;
    this.#position = new LivePosition(this.#engine);
    this.#autoplay = new Autoplay(this.#engine, () => this.#update());
    this.#listen();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Plays a multivariant playlist from its live edge, whatever was played before. */
  load(url: string): void {
    this.#engine.chosenLevel = undefined;
    this.#join(url);
  }

  /** Gives up what is played: no picture stands, and nothing is loaded any more. */
  stop(): void {
    this.#url = undefined;
    this.#failed = false;
    this.#shown = false;
    this.#position.restart();
    // Before the video pauses, which is not the viewer's doing.
    this.#enter('idle');
    this.#engine.unload();
  }

  play(): void {
    if (this.#state === 'idle' || this.#state === 'ended') return;
    // Also for a viewer who was live: the engine would seek by itself, and nobody would say so or hold the live edge.
    if (this.#shown && this.#position.isMomentGone) this.#loseMoment();
    else void this.#autoplay.startByHand();
  }

  pause(): void {
    this.#video.pause();
  }

  toggle(): void {
    if (this.#video.paused) this.play();
    else this.pause();
  }

  setMuted(muted: boolean): void {
    if (muted) {
      this.#video.muted = true;
      return;
    }
    this.#autoplay.soundWanted();
    if (this.#video.volume === 0) this.#video.volume = AUDIBLE;
  }

  /** From 0 to 1. */
  setVolume(volume: number): void {
    this.#video.volume = Math.min(1, Math.max(0, volume));
    if (volume > 0) this.setMuted(false);
  }

  /** Goes to a media time within what can be seeked; so near to live that nobody could tell means live. */
  seekTo(time: number): void {
    if (this.#position.seek(time) === 'live') this.goLive();
    else this.#update();
  }

  /** Moves by seconds, likewise. */
  seekBy(delta: number): void {
    this.seekTo(this.#video.currentTime + delta);
  }

  /** Back to the live edge, and held there. */
  goLive(): void {
    if (!this.#shown || this.#state === 'ended') return;
    this.#toLive();
    this.#update();
  }

  /** Plays one quality level only, from the next segment on; undefined lets the network decide. */
  choose(id: string | undefined): void {
    this.#engine.chosenLevel = id;
    this.#update();
  }

  async togglePictureInPicture(): Promise<void> {
    if (document.pictureInPictureElement === this.#video) await document.exitPictureInPicture();
    else if (document.pictureInPictureEnabled) await this.#video.requestPictureInPicture();
  }

  /** Full screen of the picture alone, where a page cannot have it (iPhone). */
  enterNativeFullscreen(): void {
    (this.#video as HTMLVideoElement & { webkitEnterFullscreen?: () => void }).webkitEnterFullscreen?.();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#abort.abort();
    this.#engine.close();
  }

  #listen(): void {
    const on = (event: string, listener: () => void) =>
      this.#video.addEventListener(event, listener, { signal: this.#abort.signal });
    on('playing', () => {
      this.#shown = true;
      this.#enter('playing');
    });
    on('pause', () => {
      if (this.#state !== 'ended' && this.#state !== 'idle') this.#enter('paused');
    });
    on('play', () => {
      if (this.#state !== 'paused') return;
      this.#position.resumed();
      this.#enter(this.#shown ? 'playing' : 'loading');
    });
    on('waiting', () => {
      if (this.#state !== 'playing' || this.#video.seeking) return;
      this.#stallCount += 1;
      this.#position.stalled();
      this.#enter('stalled');
    });
    on('ended', () => this.#enter('ended'));
    for (const event of ['volumechange', 'enterpictureinpicture', 'leavepictureinpicture']) {
      on(event, () => this.#update());
    }
  }

  #join(url: string): void {
    this.#url = url;
    this.#failed = false;
    this.#shown = false;
    this.#position.restart();
    this.#enter('loading');
    // Also where it was loading before: the next attempt has its full time.
    this.#since = seconds();
    this.#engine.load(url);
    void this.#autoplay.start();
  }

  /** The same show from its live edge; the viewer's choices stay. */
  #rejoin(): void {
    if (this.#url !== undefined) this.#join(this.#url);
  }

  #toLive(): void {
    if (!this.#position.follow()) this.#rejoin();
    else if (this.#video.paused) void this.#autoplay.startByHand();
  }

  #loseMoment(): void {
    this.#momentsLost += 1;
    this.#toLive();
  }

  #tick(): void {
    const refused = this.#autoplay.outcome === 'refused';
    const waiting = this.#state === 'stalled' || (this.#state === 'loading' && !refused);
    const playing = this.#state === 'playing';
    if (waiting && seconds() - this.#since > REJOIN_AFTER) {
      if (this.#position.following) this.#rejoin();
      else this.#loseMoment();
    } else if ((playing || waiting) && !this.#position.following && this.#position.isMomentGone) {
      this.#loseMoment();
    }
    this.#position.tick(playing);
    this.#update();
  }

  #enter(state: PlayerState): void {
    if (state !== this.#state) this.#since = seconds();
    this.#state = state;
    this.#update();
  }

  #update(): void {
    if (this.#abort.signal.aborted) return;
    this.#onUpdate({
      state: this.#state,
      failed: this.#failed,
      shown: this.#shown,
      latency: this.#shown ? this.#position.latency : undefined,
      atLiveEdge: this.#position.isLive && this.#state !== 'paused',
      window: this.#shown ? this.#position.window : undefined,
      momentsLost: this.#momentsLost,
      playbackRate: this.#video.playbackRate,
      stallCount: this.#stallCount,
      muted: this.#video.muted,
      volume: this.#video.volume,
      autoplay: this.#autoplay.outcome,
      levels: this.#engine.levels,
      chosenLevel: this.#engine.chosenLevel,
      height: this.#engine.height,
      pictureInPicture: document.pictureInPictureElement === this.#video,
    });
  }
}

function seconds(): number {
  return performance.now() / 1000;
}
