import type { LiveShow } from '../live/live-show.ts';
import { SOURCE } from '../live/live-show.ts';
import type { TrackConfigs } from '../packager/media-sample.ts';
import type { Rendition } from '../packager/rendition.ts';
import { measureBandwidth, renderMasterPlaylist, type Variant } from '../playlist/master-playlist.ts';
import { renderMediaPlaylist, type RenditionReport } from '../playlist/media-playlist.ts';
import { compressPlaylist } from './compress-playlist.ts';
import { playlistReply } from './replies.ts';
import type { Reply } from './reply.ts';
import { VersionedCache } from './versioned-cache.ts';
import { WaitingRoom } from './waiting-room.ts';

/** A guess until the first part was measured, in bits per pixel. */
const BITS_PER_PIXEL = 0.1;
const AUDIO_BITS_PER_SECOND = 160_000;

interface PlaylistForm {
  readonly gzip: boolean;
  /** How long caches may keep it, in seconds. */
  readonly maxAgeS: number;
}

/** What one rendition serves. */
export class RenditionPages {
  readonly rendition: Rendition;
  readonly waiting: WaitingRoom;
  readonly #render: (skip: boolean) => string;
  readonly #playlists: VersionedCache<Reply>;
  readonly #bodies: VersionedCache<Buffer>;

  constructor(rendition: Rendition, waiting: WaitingRoom, render: (skip: boolean) => string) {
    this.rendition = rendition;
    this.waiting = waiting;
    this.#render = render;
    this.#playlists = new VersionedCache(() => rendition.window.version);
    this.#bodies = new VersionedCache(() => rendition.window.version);
  }

  playlist({ skip, gzip, maxAgeS }: PlaylistForm & { readonly skip: boolean }): Reply {
    const key = `${skip ? 'skip' : 'full'} ${gzip ? 'gzip' : 'plain'} ${maxAgeS}`;
    return this.#playlists.get(key, () => playlistReply(this.#body(skip, gzip), { gzip, maxAgeS }));
  }

  #body(skip: boolean, gzip: boolean): Buffer {
    return this.#bodies.get(`${skip ? 'skip' : 'full'} ${gzip ? 'gzip' : 'plain'}`, () =>
      gzip ? compressPlaylist(this.#body(skip, false)) : Buffer.from(this.#render(skip), 'latin1'),
    );
  }
}

/** The renditions of one show as they are served. */
export class ShowPages {
  readonly show: LiveShow;
  readonly #options: { now: () => number; waitersPerRendition: number };
  readonly #pages = new Map<string, RenditionPages>();
  readonly #masters: VersionedCache<Reply | undefined>;

  constructor(show: LiveShow, options: { now: () => number; waitersPerRendition: number }) {
    this.show = show;
    this.#options = options;
    this.#masters = new VersionedCache(() => {
      let version = 0;
      for (const { window } of show.renditions.values()) version += window.version;
      return version;
    });
  }

  get lowLatency(): boolean {
    return this.show.transcode.latency === 'low';
  }

  /** Its playlist has something in it: a part, or without low latency a whole segment. */
  isPlayable({ window }: Rendition): boolean {
    const first = window.segments[0];
    return first !== undefined && (first.complete || (this.lowLatency && first.parts.length > 0));
  }

  rendition(name: string): RenditionPages | undefined {
    const rendition = this.show.renditions.get(name);
    if (!rendition) return undefined;
    let pages = this.#pages.get(name);
    if (!pages) {
      const { now, waitersPerRendition } = this.#options;
      const waiting = new WaitingRoom({ now, limit: waitersPerRendition });
      pages = new RenditionPages(rendition, waiting, (skip) => this.#render(rendition, skip));
      this.#pages.set(name, pages);
    }
    return pages;
  }

  /** A rendition has changed: whoever waits for what it now has is answered. */
  changed(rendition: Rendition): void {
    this.#pages.get(rendition.name)?.waiting.release();
  }

  /** The multivariant playlist; `undefined` before the source's tracks are known. */
  master({ gzip, maxAgeS }: PlaylistForm): Reply | undefined {
    return this.#masters.get(`${gzip ? 'gzip' : 'plain'} ${maxAgeS}`, () => {
      const text = this.#renderMaster();
      if (text === undefined) return undefined;
      const body = Buffer.from(text, 'latin1');
      return playlistReply(gzip ? compressPlaylist(body) : body, { gzip, maxAgeS });
    });
  }

  #renderMaster(): string | undefined {
    const { configs, source } = this.show;
    if (!configs.video && !configs.audio) return undefined;
    return renderMasterPlaylist([
      sourceVariant(source, configs),
      ...this.show.rungs.map((rung) => {
        const measured = this.#measured(rung.name);
        return {
          uri: playlistUri(rung.name),
          bandwidth: measured?.peak ?? rung.bandwidth,
          averageBandwidth: measured?.average,
          codecs: rung.codecs,
          resolution: { width: rung.width, height: rung.height },
          frameRate: rung.frameRate ?? source.frameRate,
        };
      }),
    ]);
  }

  #measured(name: string) {
    const rendition = this.show.renditions.get(name);
    return rendition && measureBandwidth(rendition.window.segments, rendition.limits.targetDurationS);
  }

  #render(rendition: Rendition, skip: boolean): string {
    const { window, limits } = rendition;
    return renderMediaPlaylist(
      {
        targetDurationS: limits.targetDurationS,
        partTargetS: this.lowLatency ? rendition.partTarget : undefined,
        segments: window.segments,
        nextPart: rendition.nextPart,
        ended: window.ended,
        reports: [...this.show.renditions.values()].flatMap((other) => (other === rendition ? [] : report(other))),
      },
      { skip },
    );
  }
}

function playlistUri(name: string): string {
  return `${name}/playlist.m3u8`;
}

function report({ name, window }: Rendition): RenditionReport[] {
  const last = window.segments.findLast(({ parts }) => parts.length > 0);
  return last ? [{ uri: `../${playlistUri(name)}`, lastMsn: last.msn, lastPart: last.parts.length - 1 }] : [];
}

function sourceVariant(source: Rendition, { video, audio }: TrackConfigs): Variant {
  const measured = measureBandwidth(source.window.segments, source.limits.targetDurationS);
  const pixelRate = video ? video.width * video.height * (source.frameRate ?? 30) : 0;
  const guess = Math.ceil(pixelRate * BITS_PER_PIXEL) + (audio ? AUDIO_BITS_PER_SECOND : 0);
  return {
    uri: playlistUri(SOURCE),
    bandwidth: measured?.peak ?? guess,
    averageBandwidth: measured?.average,
    codecs: [video?.codec, audio?.codec].filter((codec) => codec !== undefined).join(','),
    resolution: video && { width: video.width, height: video.height },
    frameRate: source.frameRate,
  };
}
