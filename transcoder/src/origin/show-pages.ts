import type { LiveShow } from '../live/live-show.ts';
import { SOURCE } from '../live/live-show.ts';
import type { TrackConfigs } from '../packager/media-sample.ts';
import type { Rendition } from '../packager/rendition.ts';
import { measureBandwidth, renderMasterPlaylist, type Variant } from '../playlist/master-playlist.ts';
import { renderMediaPlaylist, type RenditionReport } from '../playlist/media-playlist.ts';
import { PlaylistCache } from '../playlist/playlist-cache.ts';
import { WaitingRoom } from './waiting-room.ts';

/** A guess until the first part was measured, in bits per pixel. */
const BITS_PER_PIXEL = 0.1;
const AUDIO_BITS_PER_SECOND = 160_000;

/** What one rendition serves. */
export interface RenditionPages {
  readonly rendition: Rendition;
  readonly playlist: PlaylistCache;
  readonly waiting: WaitingRoom;
}

/** The renditions of one show as they are served. */
export class ShowPages {
  readonly show: LiveShow;
  readonly #options: { now: () => number; waitersPerRendition: number };
  readonly #pages = new Map<string, RenditionPages>();

  constructor(show: LiveShow, options: { now: () => number; waitersPerRendition: number }) {
    this.show = show;
    this.#options = options;
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
      const playlist = new PlaylistCache(rendition.window, ({ skip }) => this.#render(rendition, skip));
      const { now, waitersPerRendition } = this.#options;
      pages = { rendition, playlist, waiting: new WaitingRoom({ now, limit: waitersPerRendition }) };
      this.#pages.set(name, pages);
    }
    return pages;
  }

  /** A rendition has changed: whoever waits for what it now has is answered. */
  changed(rendition: Rendition): void {
    this.#pages.get(rendition.name)?.waiting.release();
  }

  /** The multivariant playlist; `undefined` before the source's tracks are known. */
  master(): string | undefined {
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
