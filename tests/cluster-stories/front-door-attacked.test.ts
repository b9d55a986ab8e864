import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  checkMediaOf,
  eventually,
  followLive,
  HANDSHAKE_BYTES,
  joinChunks,
  malformedInput,
  parseSession,
  pushTestPicture,
  sendRaw,
  sendSlowly,
  startTcpRelay,
  type HlsReader,
  type Publisher,
  type RtmpSession,
} from '../support/index.ts';
import { installPlatform, type Platform } from './support/index.ts';

const INPUTS = 400;
const AT_ONCE = 8;
/** More at the same time than one address may have that tells its own. */
const SLOW = 48;
/** Of a real session: handshake, commands, sequence headers and the first media. */
const CAPTURED_BYTES = 48_000;
/** SHOWRUNNER_HANDSHAKE_TIMEOUT_MS, where nothing else is set. */
const HANDSHAKE_TIMEOUT_MS = 5_000;
/** More than the machine may stand still for. */
const LATE_MS = 7_000;
const MEGABYTE = 1_000_000;

interface FrontDoorPod {
  readonly name: string;
  readonly uid: string;
  readonly restarts: number;
}

/** What a front door does that strangers feed nonsense and keep waiting, while it has a show to pass on. */
describe('a front door among strangers', () => {
  let platform: Platform;
  let address: { host: string; port: number };
  let session: RtmpSession;
  let good: Publisher;
  let reader: HlsReader;
  /** When the reader began. */
  let began: number;
  let before: FrontDoorPod;

  beforeAll(async () => {
    platform = await installPlatform(inject('cluster'), 'front-door');
    const { hostname, port } = new URL(platform.rtmpUrl.replace(/^rtmp/, 'http'));
    address = { host: hostname, port: Number(port) };
    for (const name of ['good', 'late']) await platform.apply(name);
    await platform.apply('target', { ingest: { reconnectGrace: '1s' } });
    for (const name of ['good', 'late', 'target']) await platform.untilReady(name);
    session = await captureSession();
    before = await frontDoor();
    good = pushTestPicture(await platform.publishUrl('good'));
    await platform.untilPhase('good', 'Live', 30_000);
    reader = await followLive(platform.playlistUrl('good'), { keepMedia: true });
    began = performance.now();
  });
  afterAll(async () => {
    await reader?.stop();
    await good?.stop();
    await platform?.uninstall();
  });

  /** The attacker knows the key of a show of his own: what he sends reaches all layers. */
  async function captureSession(): Promise<RtmpSession> {
    const relay = await startTcpRelay(address, { capture: CAPTURED_BYTES });
    const { pathname } = new URL(await platform.publishUrl('target'));
    const captured = pushTestPicture(`rtmp://127.0.0.1:${relay.port}${pathname}`, { videoKbps: 500 });
    await eventually('a captured session', () => Buffer.concat(relay.sent).length >= CAPTURED_BYTES);
    await captured.kill();
    await relay.close();
    return parseSession(Buffer.concat(relay.sent));
  }

  async function frontDoor(): Promise<FrontDoorPod> {
    const selector = 'app.kubernetes.io/component=front-door';
    const text = await platform.home.kubectl(['get', 'pods', '--selector', selector, '--output', 'json']);
    const { items } = JSON.parse(text) as {
      items: { metadata: { name: string; uid: string }; status: { containerStatuses: { restartCount: number }[] } }[];
    };
    expect(items).toHaveLength(1);
    const [{ metadata, status }] = items as [(typeof items)[0]];
    const restarts = status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
    return { name: metadata.name, uid: metadata.uid, restarts };
  }

  async function metric(name: string): Promise<number> {
    const path = `/api/v1/namespaces/${platform.home.name}/pods/${before.name}:9090/proxy/metrics`;
    const lines = (await platform.home.kubectl(['get', '--raw', path])).split('\n');
    return Number(
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1),
    );
  }

  /** The good show goes on as if nobody else were there. */
  async function expectUntouched(): Promise<void> {
    expect.soft(await Promise.race([good.exited, sleep(100)]), good.stderr().slice(-300)).toBeUndefined();
    expect.soft(reader.violations).toEqual([]);
    expect.soft(reader.playlist.segments.filter(({ discontinuity }) => discontinuity)).toEqual([]);
    expect.soft(await frontDoor()).toEqual(before);
  }

  it(`takes ${INPUTS} malformed sessions, ends each of them, and its memory stays as it was`, async () => {
    expect(session.chunks.length).toBeGreaterThan(30);
    let next = 0;
    const forgotten: number[] = [];
    const outcomes: Record<string, number> = {};
    const attack = async (until: number) => {
      while (next < until) {
        const seed = next++;
        const { bytes } = malformedInput(session, seed);
        const saysGoodbye = seed % 4 !== 0;
        const outcome = await sendRaw(address.port, bytes, {
          host: address.host,
          goodbye: saysGoodbye,
          lingerMs: saysGoodbye ? 15_000 : 40,
          pieces: 1 + (seed % 3),
        });
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (outcome === 'left open' && saysGoodbye) forgotten.push(seed);
      }
    };
    const wave = (until: number) => Promise.all(Array.from({ length: AT_ONCE }, () => attack(until)));
    // The first of them let buffers and the heap grow to their working size.
    await wave(INPUTS / 2);
    const warm = await metric('process_resident_memory_bytes');
    await wave(INPUTS);
    const grown = (await metric('process_resident_memory_bytes')) - warm;
    expect.soft(outcomes['refused'] ?? 0).toBe(0);
    expect.soft(forgotten, 'inputs whose connection was not closed in time').toEqual([]);
    expect.soft(grown).toBeLessThan(60 * MEGABYTE);
    await eventually('only the good one to be there', async () => {
      return (await metric('showrunner_front_door_connections')) === 1;
    });
    await expectUntouched();
  });

  it(`lets ${SLOW} slow ones go when their time is over, and a publisher in meanwhile`, async () => {
    const bytes = Buffer.concat([session.handshake, joinChunks(session.chunks)]);
    const ways = [
      { what: 'says nothing', atOnce: 0 },
      { what: 'drips its handshake', atOnce: 1, everyMs: 400 },
      { what: 'stops in its handshake', atOnce: HANDSHAKE_BYTES / 2 },
      { what: 'stops behind its handshake', atOnce: HANDSHAKE_BYTES },
      { what: 'drips its commands', atOnce: HANDSHAKE_BYTES, everyMs: 250 },
    ];
    const timedOut = 'showrunner_front_door_refused_total{reason="handshake-timeout"}';
    const formerly = (await metric(timedOut)) || 0;
    const slow = Array.from({ length: SLOW }, async (_, index) => {
      const { what, ...way } = ways[index % ways.length]!;
      return { what, listenedMs: await sendSlowly(address, bytes, { ...way, giveUpMs: 30_000 }) };
    });
    // They have connected.
    await sleep(300);
    const late = pushTestPicture(await platform.publishUrl('late'));
    await platform.untilPhase('late', 'Live', 30_000);
    for (const { what, listenedMs } of await Promise.all(slow)) {
      expect.soft([what, listenedMs]).toEqual([what, expect.any(Number)]);
      expect.soft(listenedMs, what).toBeGreaterThan(HANDSHAKE_TIMEOUT_MS - 1_000);
      expect.soft(listenedMs, what).toBeLessThan(HANDSHAKE_TIMEOUT_MS + LATE_MS);
    }
    expect.soft((await metric(timedOut)) - formerly).toBe(SLOW);
    await late.stop();
    await expectUntouched();
  });

  it('and every part of the good show is there, one behind the other', async () => {
    await reader.stop();
    const seconds = (performance.now() - began) / 1_000;
    expect(reader.partsBehindHoles).toEqual([]);
    expect(reader.parts.reduce((sum, { duration }) => sum + duration, 0)).toBeGreaterThan(seconds - 3);
    for (const { problems } of await checkMediaOf(reader)) expect(problems).toEqual([]);
  });
});
