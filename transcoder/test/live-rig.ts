import type { AddressInfo } from 'node:net';
import { liveStreamSchema, type LiveStreamSpec } from '@showrunner/crds';
import { createLogger, createRegistry, type FlvSink, type FlvSource, type FlvTag } from '@showrunner/service-kit';
import { createTranscoder, MediaServer, type Transcoder } from '../src/index.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

/** A transcoder with a source that the test feeds and a server that it asks. Time passes only as the test says. */
export class LiveRig {
  readonly transcoder: Transcoder;
  playableAfterS: number | undefined;
  readonly #server: MediaServer;
  #sink: FlvSink | undefined;
  /** Of the monotonic clock; the wall clock shows it too, and what it was set forward. */
  nowMs: number;
  setForwardMs = 0;

  constructor(transcode: Partial<LiveStreamSpec['transcode']> = {}, ffmpeg = 'ffmpeg', nowMs = NOON) {
    this.nowMs = nowMs;
    const source: FlvSource = {
      subscribe: (_stream, sink) => {
        this.#sink = sink;
        return { close: () => (this.#sink = undefined) };
      },
    };
    this.transcoder = createTranscoder({
      source,
      ffmpeg,
      logger: createLogger({ name: 'transcoder', level: 'silent' }),
      registry: createRegistry(),
      now: () => this.nowMs + this.setForwardMs,
      monotonicMs: () => this.nowMs,
    });
    this.transcoder.onFirstMedia((_stream, seconds) => (this.playableAfterS = seconds));
    const stream = liveStreamSchema.parse({
      apiVersion: 'showrunner.dev/v1alpha1',
      kind: 'LiveStream',
      metadata: { name: 'live' },
      spec: { transcode },
    });
    this.transcoder.setStream(stream);
    this.#server = new MediaServer({
      media: (exchange) => this.transcoder.origin(exchange),
      rest: (_request, response) => response.writeHead(404).end(),
      failed: (error) => {
        throw error;
      },
      registry: createRegistry(),
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get sink(): FlvSink {
    return this.#sink!;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}/hls/default/live/${path}`;
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url(path), init);
  }

  async text(path: string): Promise<string> {
    return (await this.fetch(path)).text();
  }

  /** Feeds tags at the pace of their stamps, or all at once where time does not matter. */
  push(tags: readonly FlvTag[]): void {
    let last = tags[0]?.timestamp ?? 0;
    for (const tag of tags) {
      this.nowMs += Math.max(0, Math.min(tag.timestamp - last, 1000));
      last = tag.timestamp;
      this.sink.tag(tag);
    }
  }

  /** As a process that is killed: nobody is told anything. */
  async vanish(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.transcoder.leave();
  }

  async close(): Promise<void> {
    await this.transcoder.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
