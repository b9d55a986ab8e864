import './no-dynamic-style.ts';
import videojs from 'video.js';
import { answersWithin, loadWithLowLatency, type LowLatencyLoading } from './low-latency-loading.ts';
import { playlistSeconds } from './media-playlist.ts';
import type { QualityLevel } from './player-snapshot.ts';
import type { Tech, Variant, Vhs } from './vhs.ts';

export interface EngineEvents {
  /** The source could not be loaded, or broke off. */
  failed(): void;
  /** A blocking reload brought media that ends at this programme time (Unix seconds), just now. */
  playlistArrived(newestEnd: number): void;
  /** The server answered a reload, be it that nothing is new. Never where the browser plays HLS by itself. */
  reloadAnswered(): void;
  /** A part or segment is in the buffer that ends at this programme time. `caughtUp`: it is the newest. */
  appended(caughtUp: boolean, programmeEnd: number | undefined): void;
}

/** From the oldest to the newest media of a list; nothing is added any more once it is complete. */
export interface Listed {
  readonly start: number;
  readonly end: number;
  readonly complete: boolean;
  /** Seconds between two answers to reloads at most; undefined where the browser plays HLS by itself, and tells of none. */
  readonly answersWithin?: number;
}

/** video.js, which nothing else knows of: a video element and what its HLS engine tells. Times are media seconds. */
export class Engine {
  readonly video: HTMLVideoElement;
  /** Plays this quality level only, from the next segment on; undefined lets the network decide. */
  chosenLevel: string | undefined;
  readonly #player: ReturnType<typeof videojs>;
  #loading: LowLatencyLoading | undefined;
  #variants: readonly Variant[] | undefined;
  #levels: readonly QualityLevel[] = [];

  /** Puts a video element into `container`. */
  constructor(container: HTMLElement, events: EngineEvents) {
    // The element that is given is the one that plays, in every browser with native video.
    this.video = document.createElement('video');
    this.video.playsInline = true;
    this.video.preload = 'auto';
    container.append(this.video);
    this.#player = videojs(this.video, {
      controls: false,
      // Its skin, dialogs and trackers of the live edge have their own timers; the page has all that it shows.
      children: ['mediaLoader'],
      inactivityTimeout: 0,
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
    // The page's own player is the region that screen readers name.
    for (const name of ['role', 'aria-label', 'tabindex']) this.#player.el().removeAttribute(name);
    // VHS sends its first request right after this event; its loaders exist by then.
    this.#player.on('xhr-hooks-ready', () => queueMicrotask(() => this.#attach(events)));
    this.#player.on('error', () => events.failed());
  }

  load(url: string): void {
    this.#player.src({ src: url, type: 'application/x-mpegURL' });
  }

  /** Pauses, ends all requests and lets go of the picture. */
  unload(): void {
    this.#player.pause();
    // What the next `load` would do first; the player's own `reset` would put another element in place of `video`.
    this.#tech?.disposeSourceHandler();
    this.#tech?.reset();
  }

  play(): Promise<unknown> {
    return this.#player.play() ?? Promise.resolve();
  }

  /** Goes to a time; where it must be fetched first, to the picture before it that decodes by itself. */
  seek(time: number): void {
    const { buffered } = this.video;
    const ranges = Array.from({ length: buffered.length }, (_, n) => [buffered.start(n), buffered.end(n)] as const);
    const isThere = ranges.some(([start, end]) => start <= time && time < end);
    this.#player.currentTime(isThere ? time : (this.#loading?.decodableAt(time) ?? time));
  }

  /** Whether the low-latency engine plays; otherwise the browser plays HLS by itself. */
  get hasOwnLoader(): boolean {
    return this.#vhs() !== undefined;
  }

  /** The media that the server listed last. */
  get listed(): Listed | undefined {
    const seekable = this.#player.seekable() as TimeRanges;
    if (seekable.length === 0) return undefined;
    const start = seekable.start(0);
    const media = this.#vhs()?.playlists.media();
    if (media) {
      const end = start + playlistSeconds(media);
      return { start, end, complete: media.endList === true, answersWithin: answersWithin(media) };
    }
    return { start, end: seekable.end(seekable.length - 1), complete: Number.isFinite(this.video.duration) };
  }

  get bufferedEnd(): number | undefined {
    const { buffered } = this.video;
    return buffered.length ? buffered.end(buffered.length - 1) : undefined;
  }

  /** The same array until another show is loaded. */
  get levels(): readonly QualityLevel[] {
    const variants = this.#vhs()?.playlists.main?.playlists;
    if (variants === this.#variants) return this.#levels;
    this.#variants = variants;
    this.#levels = (variants ?? []).map(({ id, attributes }) => ({
      id,
      height: attributes?.RESOLUTION?.height,
      bandwidth: attributes?.BANDWIDTH ?? 0,
    }));
    return this.#levels;
  }

  /** Lines of the picture that is fetched now. */
  get height(): number | undefined {
    return this.#vhs()?.playlists.media()?.attributes?.RESOLUTION?.height ?? (this.video.videoHeight || undefined);
  }

  close(): void {
    this.#player.dispose();
  }

  #attach(events: EngineEvents): void {
    const vhs = this.#vhs();
    if (!vhs?.playlists) return;
    this.#forgetSegmentCues();
    this.#loading = loadWithLowLatency(
      vhs,
      {
        seekableStart: () => this.listed?.start,
        currentTime: () => this.video.currentTime,
        bufferedEnd: () => this.bufferedEnd,
        chosenLevel: () => this.chosenLevel,
      },
      {
        startAt: (time) => this.#player.tech(true).setCurrentTime(time),
        playlistArrived: (newestEnd) => events.playlistArrived(newestEnd),
        reloadAnswered: () => events.reloadAnswered(),
        appended: (caughtUp, programmeEnd) => events.appended(caughtUp, programmeEnd),
      },
    );
  }

  /**
   * VHS writes a cue for each segment, which nobody reads here. To know which of them is the present one, video.js would go through
   * all at each frame, and the browser style and paint the page for it, which is half of what its thread does.
   */
  #forgetSegmentCues(): void {
    const tracks = this.#player.textTracks() as unknown as ArrayLike<TextTrack>;
    for (const track of Array.from(tracks)) if (track.label === 'segment-metadata') track.mode = 'disabled';
  }

  #vhs(): Vhs | undefined {
    return this.#tech?.vhs;
  }

  get #tech(): Tech | undefined {
    return this.#player.tech(true) as unknown as Tech | undefined;
  }
}
