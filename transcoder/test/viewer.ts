import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LiveRig } from './live-rig.ts';
import { brokenContinuity, brokenRules, readPlaylist } from './playlist-rules.ts';

/** What ffprobe and ffmpeg find in media. */
export interface ProbedMedia {
  /** What a decoder complains about; empty where it is clean. */
  readonly complaints: string;
  readonly frames: number;
  /** Presentation times of pictures, in seconds, in order of display. */
  readonly videoTimes: readonly number[];
  readonly audioTimes: readonly number[];
}

/** Decodes fragmented MP4 from beginning to end. */
export function probe(media: Buffer): ProbedMedia {
  const folder = mkdtempSync(join(tmpdir(), 'probe-'));
  const file = join(folder, 'media.mp4');
  try {
    writeFileSync(file, media);
    // Pictures keep their times, else ffmpeg would move them to a constant rate and complain of its own doing.
    const asTheyAre = '-fps_mode passthrough -enc_time_base -1';
    const decode = `ffmpeg -v error -xerror -i '${file}' ${asTheyAre} -f null - 2>&1 || true`;
    const complaints = execFileSync('sh', ['-c', decode]).toString();
    const times = (stream: string) =>
      execFileSync(
        'ffprobe',
        ['-v', 'error', '-select_streams', stream, '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', file],
        { maxBuffer: 1 << 26 },
      )
        .toString()
        .split('\n')
        .filter((line) => /^[-0-9]/.test(line))
        .map(parseFloat)
        .sort((a, b) => a - b);
    const videoTimes = times('v');
    return { complaints, frames: videoTimes.length, videoTimes, audioTimes: times('a') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Keeps the rules in view while a show runs, and collects its media by discontinuity. */
export class Viewer {
  readonly broken: string[] = [];
  readonly durations: number[] = [];
  readonly #rig: LiveRig;
  readonly #rendition: string;
  readonly #seen = new Set<number>();
  #last: string | undefined;
  /** Bytes of each stretch of equal initialization segment. */
  readonly stretches: { map: string; buffers: Buffer[] }[] = [];

  constructor(rig: LiveRig, rendition = 'source') {
    this.#rig = rig;
    this.#rendition = rendition;
  }

  async bytes(file: string): Promise<Buffer> {
    const response = await this.#rig.fetch(`${this.#rendition}/${file}`);
    if (response.status !== 200) throw new Error(`${file}: ${response.status} ${await response.text()}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async look(): Promise<string> {
    const text = await this.#rig.text(`${this.#rendition}/playlist.m3u8`);
    this.broken.push(...brokenRules(text));
    if (this.#last) this.broken.push(...brokenContinuity(this.#last, text));
    this.#last = text;
    for (const segment of readPlaylist(text).segments) {
      if (this.#seen.has(segment.msn)) continue;
      this.#seen.add(segment.msn);
      this.durations.push(segment.duration);
      if (segment.gap) continue;
      if (this.stretches.at(-1)?.map !== segment.map) {
        this.stretches.push({ map: segment.map, buffers: [await this.bytes(segment.map)] });
      }
      const bytes = await this.bytes(segment.uri);
      const withMedia = segment.parts.filter(({ gap }) => !gap);
      const parts = await Promise.all(withMedia.map(({ uri }) => this.bytes(uri)));
      if (segment.parts.length > 0 && !Buffer.concat(parts).equals(bytes))
        this.broken.push(`${segment.uri} is not its parts.`);
      this.stretches.at(-1)!.buffers.push(bytes);
    }
    return text;
  }

  media(stretch = 0): Buffer {
    return Buffer.concat(this.stretches[stretch]!.buffers);
  }
}
