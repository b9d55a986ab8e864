import { gzipSync } from 'node:zlib';
import type { SegmentWindow } from '../packager/segment-window.ts';

/**
 * Playlists of one rendition as bytes: rendered when first asked for after a change, compressed when first asked for
 * compressed, and then the same bytes for everyone.
 */
export class PlaylistCache {
  readonly #window: Pick<SegmentWindow, 'version'>;
  readonly #render: (options: { skip: boolean }) => string;
  readonly #bytes = new Map<string, Buffer>();
  #version = -1;

  constructor(window: Pick<SegmentWindow, 'version'>, render: (options: { skip: boolean }) => string) {
    this.#window = window;
    this.#render = render;
  }

  get(options: { skip: boolean; gzip: boolean }): Buffer {
    if (this.#version !== this.#window.version) {
      this.#bytes.clear();
      this.#version = this.#window.version;
    }
    const key = `${options.skip ? 'skip' : 'full'} ${options.gzip ? 'gzip' : 'plain'}`;
    let bytes = this.#bytes.get(key);
    if (!bytes) {
      // Level 1 costs a third of the usual level and a playlist shrinks to a fifth all the same.
      bytes = options.gzip
        ? gzipSync(this.get({ skip: options.skip, gzip: false }), { level: 1 })
        : Buffer.from(this.#render({ skip: options.skip }), 'latin1');
      this.#bytes.set(key, bytes);
    }
    return bytes;
  }
}
