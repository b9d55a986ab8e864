import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  httpGet,
  pushTestPicture,
  startMediaPlane,
  startShowrunner,
  type MediaPlane,
  type Publisher,
  type Showrunner,
} from '../support/index.ts';

const VIEWERS = 200;
const SECONDS = 6;
const PATH = '/hls/default/live/source/';
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

interface Answer {
  readonly status: number;
  readonly body: string;
}

function get(port: number, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (text: string) => (body += text));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.once('error', reject);
    });
    sent.setTimeout(15_000, () => sent.destroy(new Error('no answer')));
    sent.once('error', reject);
    sent.end();
  });
}

/** What a low-latency player does: the next playlist and the part that it hints, both before they exist. */
class Viewer {
  requests = 0;
  /** Requests that failed at one edge and were asked again at the other. */
  mended = 0;
  readonly failures: string[] = [];
  readonly #ports: readonly number[];
  #at: number;

  constructor(ports: readonly number[], at: number) {
    this.#ports = ports;
    this.#at = at % ports.length;
  }

  async watch(untilMs: number): Promise<void> {
    let playlist = await this.#ask(`${PATH}playlist.m3u8`);
    while (Date.now() < untilMs && playlist) {
      const hint = /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="((\d+)\.(\d+)\.m4s)"/.exec(playlist);
      if (!hint) {
        this.failures.push('a playlist without a hint');
        return;
      }
      const [, part = '', msn = '', index = ''] = hint;
      [playlist] = await Promise.all([
        this.#ask(`${PATH}playlist.m3u8?_HLS_msn=${msn}&_HLS_part=${index}`),
        this.#ask(PATH + part),
      ]);
    }
  }

  /** Once more, by another way, where the connection breaks or is refused: as a Service or a balancer has it. */
  async #ask(path: string): Promise<string | undefined> {
    this.requests += 1;
    for (let attempt = 0; attempt < 2; attempt++) {
      const port = this.#ports[this.#at]!;
      try {
        const { status, body } = await get(port, path);
        if (status === 200) return body;
        this.failures.push(`${status} for ${path}: ${body.trim()}`);
        return undefined;
      } catch (error) {
        if (attempt === 0) this.mended += 1;
        else this.failures.push(`${(error as Error).message} for ${path}`);
        if (this.#ports[this.#at] === port) this.#at = (this.#at + 1) % this.#ports.length;
      }
    }
    return undefined;
  }
}

describe(`two edges and ${VIEWERS} viewers`, () => {
  let product: Showrunner;
  let plane: MediaPlane;
  let publisher: Publisher;
  let ports: readonly number[];
  beforeAll(async () => {
    product = await startShowrunner();
    plane = await startMediaPlane(product, { edges: 2 });
    ports = plane.edges.map(({ httpPort }) => httpPort);
    publisher = pushTestPicture(product.publishUrl());
    await eventually('media', async () => (await get(ports[0]!, `${PATH}playlist.m3u8`)).status === 200);
    await sleep(4_000);
  });
  afterAll(async () => {
    agent.destroy();
    await publisher?.kill();
    await plane?.close();
    await product?.stop();
  });

  async function watchWhile(act: () => Promise<void>, at = ports): Promise<Viewer[]> {
    const viewers = Array.from({ length: VIEWERS }, (_, number) => new Viewer(at, number));
    const watching = viewers.map((viewer) => viewer.watch(Date.now() + SECONDS * 1_000));
    await sleep((SECONDS * 1_000) / 3);
    await act();
    await Promise.all(watching);
    return viewers;
  }
  const total = (viewers: Viewer[], of: (viewer: Viewer) => number) =>
    viewers.reduce((sum, viewer) => sum + of(viewer), 0);
  const failures = (viewers: Viewer[]) => viewers.flatMap((viewer) => viewer.failures);

  async function metric(edge: number, line: string): Promise<number> {
    const { body } = await httpGet(`http://127.0.0.1:${plane.edges[edge]!.opsPort}/metrics`);
    const found = body
      .toString()
      .split('\n')
      .find((one) => one.startsWith(`${line} `));
    return Number(found?.split(' ').at(-1) ?? 0);
  }

  it('at one of them: the transcoder is asked once for all', async () => {
    const asked = () => metric(0, 'showrunner_edge_upstream_requests_total');
    const before = await asked();
    const viewers = await watchWhile(async () => undefined, ports.slice(0, 1));
    const requests = total(viewers, (viewer) => viewer.requests);
    expect(failures(viewers)).toEqual([]);
    expect(requests).toBeGreaterThan(VIEWERS * SECONDS * 2);
    expect(((await asked()) - before) / requests).toBeLessThan(0.01);
  });

  it('one is killed: nothing fails that a second attempt does not mend', async () => {
    const viewers = await watchWhile(() => plane.edges[0]!.stop('SIGKILL'));
    expect(failures(viewers)).toEqual([]);
    expect(total(viewers, ({ mended }) => mended)).toBeGreaterThan(0);
    await plane.edges[0]!.start();
  });

  it('one is asked to end: who was there is answered, and goes to the other', async () => {
    const viewers = await watchWhile(() => plane.edges[0]!.stop('SIGTERM'));
    expect(failures(viewers)).toEqual([]);
    // Nobody tells these viewers where to go, so each finds out by the two requests that it had on the way next.
    expect(total(viewers, ({ mended }) => mended)).toBeLessThanOrEqual(VIEWERS);
    await plane.edges[0]!.start();
  });
});
