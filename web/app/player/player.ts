import './no-dynamic-style.ts';
import videojs from 'video.js';
import { LatencyController } from './latency-controller.ts';
import { loadWithLowLatency } from './low-latency-loading.ts';
import { ProgrammeClock } from './programme-clock.ts';
import type { Vhs } from './vhs.ts';

/** The only file that knows video.js. */

const TICK_MS = 100;
/** After a pause of this many seconds, or so long without a picture, the show is joined anew. */
const REJOIN_AFTER = 8;
/** Further behind the live edge than this, in seconds, a viewer is there on purpose. */
const BEHIND_ON_PURPOSE = 10;

export type PlayerState = 'idle' | 'loading' | 'playing' | 'paused' | 'stalled' | 'ended';

export interface QualityLevel {
  readonly id: string;
  readonly height: number | undefined;
  readonly bandwidth: number;
}

export interface PlayerSnapshot {
  readonly state: PlayerState;
  /** The source could not be loaded or broke off; load it again. */
  readonly failed: boolean;
  /** Whether a picture has been shown since the source was loaded. */
  readonly shown: boolean;
  /** Seconds between the world and the picture. */
  readonly latency: number | undefined;
  /** Whether the player holds itself at the live edge. */
  readonly atLiveEdge: boolean;
  readonly playbackRate: number;
  readonly stallCount: number;
  readonly muted: boolean;
  readonly volume: number;
  /** The browser refused sound until the viewer asks for it, or refused to play at all. */
  readonly autoplay: 'allowed' | 'muted' | 'refused';
  readonly levels: readonly QualityLevel[];
  /** The level that was chosen by hand; undefined for Auto. */
  readonly chosenLevel: string | undefined;
  /** Height of the picture in lines. */
  readonly height: number | undefined;
  readonly pictureInPicture: boolean;
  /** Media times that can be played, in seconds, and where the playhead is. */
  readonly window: { readonly start: number; readonly end: number; readonly at: number } | undefined;
}

export class Player {
  readonly #player: ReturnType<typeof videojs>;
  readonly #video: HTMLVideoElement;
  readonly #onUpdate: (snapshot: PlayerSnapshot) => void;
  readonly #controller = new LatencyController();
  readonly #clock = new ProgrammeClock();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #abort = new AbortController();
  #state: PlayerState = 'idle';
  #failed = false;
  #shown = false;
  #stallCount = 0;
  #autoplay: PlayerSnapshot['autoplay'] = 'allowed';
  #following = true;
  #url: string | undefined;
  /** When the state was entered, in seconds of the monotonic clock. */
  #since = 0;
  #chosenLevel: string | undefined;
  /** Programme time minus media time, in seconds. */
  #programmeOffset: number | undefined;

  /** Puts a video element into `container`. `onUpdate` is told about ten times a second and on every change. */
  constructor(container: HTMLElement, onUpdate: (snapshot: PlayerSnapshot) => void) {
    this.#onUpdate = onUpdate;
    const video = document.createElement('video');
    video.playsInline = true;
    video.preload = 'auto';
    container.append(video);
    this.#player = videojs(video, {
      controls: false,
      bigPlayButton: false,
      loadingSpinner: false,
      errorDisplay: false,
      textTrackSettings: false,
      controlBar: false,
      fill: true,
      playsinline: true,
      html5: {
        vhs: {
          // Safari's own player speaks LL-HLS, and on an iPhone nothing else plays.
          overrideNative: !videojs.browser.IS_ANY_SAFARI,
          llhls: true,
          useBandwidthFromLocalStorage: true,
          // What the browser says of the network is coarse, and capped at 10 Mbit/s.
          useNetworkInformationApi: false,
          limitRenditionByPlayerDimensions: true,
          useDevicePixelRatio: true,
        },
        nativeAudioTracks: false,
        nativeVideoTracks: false,
      },
    });
    // The element that was given is the one that plays, in every browser with native video.
    this.#video = video;
    this.#listen();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Plays a multivariant playlist from its live edge, whatever was played before. */
  load(url: string): void {
    this.#url = url;
    this.#failed = false;
    this.#shown = false;
    this.#following = true;
    this.#chosenLevel = undefined;
    this.#programmeOffset = undefined;
    this.#controller.restart();
    this.#clock.restart();
    this.#enter('loading');
    this.#player.src({ src: url, type: 'application/x-mpegURL' });
    this.play();
  }

  play(): void {
    if (this.#state === 'idle' || this.#state === 'ended') return;
    if (this.#state === 'paused' && this.#stuck()) {
      this.#rejoin();
      return;
    }
    const attempt = this.#player.play() ?? Promise.resolve();
    attempt.catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      if (this.#autoplay === 'allowed' && !this.#player.muted()) {
        this.#autoplay = 'muted';
        this.#player.muted(true);
        this.play();
      } else {
        this.#autoplay = 'refused';
        this.#update();
      }
    });
  }

  pause(): void {
    this.#player.pause();
  }

  toggle(): void {
    if (this.#player.paused()) this.play();
    else this.pause();
  }

  setMuted(muted: boolean): void {
    this.#player.muted(muted);
    if (!muted) this.#autoplay = 'allowed';
    if (!muted && this.#player.volume() === 0) this.#player.volume(0.5);
  }

  /** From 0 to 1. */
  setVolume(volume: number): void {
    this.#player.volume(Math.min(1, Math.max(0, volume)));
    if (volume > 0) this.setMuted(false);
  }

  /** Moves by seconds within what can be played; forward to the edge means live again. */
  seekBy(seconds: number): void {
    const end = this.#bufferedEnd();
    const start = this.#seekableStart();
    if (end === undefined || start === undefined) return;
    const to = this.#video.currentTime + seconds;
    if (to >= end - 1) {
      this.goLive();
      return;
    }
    this.#following = false;
    this.#player.currentTime(Math.max(to, start));
  }

  /** Back to the live edge, and held there. */
  goLive(): void {
    if (this.#video.paused) this.play();
    if (this.#following) return;
    this.#following = true;
    this.#controller.restart();
    this.#update();
  }

  /** Plays one quality level only, from the next segment on; undefined lets the network decide. */
  choose(id: string | undefined): void {
    this.#chosenLevel = id;
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
    this.#player.dispose();
  }

  #listen(): void {
    const on = (event: string, listener: () => void) =>
      this.#video.addEventListener(event, listener, { signal: this.#abort.signal });
    on('playing', () => {
      this.#shown = true;
      this.#enter('playing');
    });
    on('pause', () => {
      if (this.#state !== 'ended' && !this.#failed) this.#enter('paused');
    });
    on('play', () => {
      if (this.#state === 'paused') {
        // Whoever paused has fallen behind; pressing play means now.
        this.#following = true;
        this.#controller.restart();
        this.#enter(this.#shown ? 'playing' : 'loading');
      }
    });
    on('waiting', () => {
      if (this.#state !== 'playing' || this.#video.seeking) return;
      this.#stallCount += 1;
      this.#controller.stalled(seconds());
      this.#enter('stalled');
    });
    on('ended', () => this.#enter('ended'));
    on('volumechange', () => this.#update());
    on('enterpictureinpicture', () => this.#update());
    on('leavepictureinpicture', () => this.#update());
    // VHS sends its first request right after this event; its loaders exist by then.
    this.#player.on('xhr-hooks-ready', () => queueMicrotask(() => this.#attach()));
    this.#player.on('error', () => {
      this.#failed = true;
      this.#enter('idle');
    });
  }

  #attach(): void {
    const vhs = this.#vhs();
    if (!vhs?.playlists) return;
    const options = {
      seekableStart: () => this.#seekableStart(),
      currentTime: () => this.#video.currentTime,
      bufferedEnd: () => this.#bufferedEnd(),
      chosenLevel: () => this.#chosenLevel,
    };
    loadWithLowLatency(vhs, options, {
      startAt: (mediaTime) => this.#player.tech(true).setCurrentTime(mediaTime),
      playlistArrived: (newestEnd) => this.#clock.arrived(Date.now() / 1000, newestEnd),
      appended: (caughtUp, programmeEnd) => {
        const end = this.#bufferedEnd();
        if (end === undefined) return;
        if (programmeEnd !== undefined) this.#programmeOffset = programmeEnd - end;
        this.#controller.appended(seconds(), this.#video.currentTime, end, caughtUp);
      },
    });
  }

  #stuck(): boolean {
    return seconds() - this.#since > REJOIN_AFTER;
  }

  #rejoin(): void {
    const chosen = this.#chosenLevel;
    if (this.#url !== undefined) this.load(this.#url);
    this.#chosenLevel = chosen;
  }

  #tick(): void {
    const waiting = this.#state === 'stalled' || (this.#state === 'loading' && this.#autoplay !== 'refused');
    if (waiting && this.#stuck()) this.#rejoin();
    if (this.#state === 'playing' && this.#following && this.#vhs()) {
      const { playbackRate, jumpTo } = this.#controller.tick(seconds(), this.#video.currentTime);
      const end = this.#bufferedEnd();
      if (jumpTo !== undefined && end !== undefined && jumpTo < end) this.#player.currentTime(jumpTo);
      if (this.#video.playbackRate !== playbackRate) this.#video.playbackRate = playbackRate;
    } else if (this.#video.playbackRate !== 1) {
      this.#video.playbackRate = 1;
    }
    this.#update();
  }

  #enter(state: PlayerState): void {
    if (state !== this.#state) this.#since = seconds();
    this.#state = state;
    this.#update();
  }

  #update(): void {
    if (this.#abort.signal.aborted) return;
    const latency = this.#latency();
    const end = this.#bufferedEnd();
    const start = this.#seekableStart();
    this.#onUpdate({
      state: this.#state,
      failed: this.#failed,
      shown: this.#shown,
      latency,
      atLiveEdge: this.#following && this.#state !== 'paused' && (latency ?? 0) < BEHIND_ON_PURPOSE,
      playbackRate: this.#video.playbackRate,
      stallCount: this.#stallCount,
      muted: this.#video.muted,
      volume: this.#video.volume,
      autoplay: this.#autoplay,
      levels: this.#levels(),
      chosenLevel: this.#chosenLevel,
      height: this.#vhs()?.playlists.media()?.attributes?.RESOLUTION?.height ?? (this.#video.videoHeight || undefined),
      pictureInPicture: document.pictureInPictureElement === this.#video,
      window: start === undefined || end === undefined ? undefined : { start, end, at: this.#video.currentTime },
    });
  }

  #latency(): number | undefined {
    if (!this.#shown || this.#programmeOffset === undefined) return undefined;
    return this.#clock.age(Date.now() / 1000, this.#video.currentTime + this.#programmeOffset);
  }

  /** End of the buffered range that the playhead is in or before, in media seconds. */
  #bufferedEnd(): number | undefined {
    const { buffered } = this.#video;
    return buffered.length ? buffered.end(buffered.length - 1) : undefined;
  }

  /** The earliest media time that can be played. */
  #seekableStart(): number | undefined {
    const seekable = this.#player.seekable() as TimeRanges;
    return seekable.length ? seekable.start(0) : undefined;
  }

  #vhs(): Vhs | undefined {
    return (this.#player.tech(true) as { vhs?: Vhs } | undefined)?.vhs;
  }

  #levels(): QualityLevel[] {
    const variants = this.#vhs()?.playlists.main?.playlists ?? [];
    return variants.map(({ id, attributes }) => ({
      id,
      height: attributes?.RESOLUTION?.height,
      bandwidth: attributes?.BANDWIDTH ?? 0,
    }));
  }
}

function seconds(): number {
  return performance.now() / 1000;
}
