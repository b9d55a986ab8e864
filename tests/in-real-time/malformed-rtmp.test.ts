import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkMediaOf,
  eventually,
  followLive,
  isRunning,
  malformedInput,
  parseSession,
  pushTestPicture,
  readerClock,
  residentBytes,
  sendRaw,
  startShowrunner,
  startTcpRelay,
  type Publisher,
  type RtmpSession,
  type Showrunner,
} from '../support/index.ts';

const INPUTS = 10_500;
/** How many are open at once, each from an address of its own so that no limit per address spares the parser. */
const AT_ONCE = 24;
/** Of a real session: handshake, commands, sequence headers and the first media. */
const CAPTURED_BYTES = 48_000;
const MEGABYTE = 1_000_000;

describe('malformed RTMP beside a show', () => {
  let product: Showrunner;
  let publisher: Publisher;
  let session: RtmpSession;

  beforeAll(async () => {
    product = await startShowrunner();
    // The attacker knows the key of a show of his own: what he sends reaches all layers.
    const [key = ''] = await product.applyAll(['target'], { ingest: { reconnectGrace: '1s' } });
    const relay = await startTcpRelay({ port: product.rtmpPort }, { capture: CAPTURED_BYTES });
    const captured = pushTestPicture(`rtmp://127.0.0.1:${relay.port}/live/${key}`, { videoKbps: 500 });
    await eventually('a captured session', () => Buffer.concat(relay.sent).length >= CAPTURED_BYTES);
    await captured.kill();
    await relay.close();
    session = parseSession(Buffer.concat(relay.sent));
    publisher = pushTestPicture(product.publishUrl());
  });
  afterAll(async () => {
    await publisher?.kill();
    await product?.stop();
  });

  it(`takes ${INPUTS} of them, and the show and the memory stay as they were`, { timeout: 240_000 }, async () => {
    expect(session.chunks.length).toBeGreaterThan(30);
    const reader = await followLive(product.masterUrl(), { keepMedia: true });
    await sleep(3_000);

    let next = 0;
    const outcomes: Record<string, number> = {};
    const forgotten: number[] = [];
    const attack = async (lane: number, until: number) => {
      while (next < until) {
        const seed = next;
        next += 1;
        const { bytes } = malformedInput(session, seed);
        const outcome = await sendRaw(product.rtmpPort, bytes, {
          // Most say goodbye, so that all they sent is read; the others are torn down after a moment.
          goodbye: seed % 4 !== 0,
          lingerMs: seed % 4 === 0 ? 40 : 10_000,
          pieces: 1 + (seed % 3),
          localAddress: `127.0.1.${lane + 1}`,
        });
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (outcome === 'left open' && seed % 4 !== 0) forgotten.push(seed);
      }
    };
    const wave = (until: number) => Promise.all(Array.from({ length: AT_ONCE }, (_, lane) => attack(lane, until)));

    // The first of them let buffers, caches and the heap grow to their working size.
    await wave(3_000);
    await sleep(2_000);
    const warm = residentBytes(product.pid);
    const from = readerClock();
    await wave(INPUTS);
    await sleep(3_000);
    const grown = residentBytes(product.pid) - warm;
    await reader.stop();

    expect.soft(next).toBeGreaterThanOrEqual(INPUTS);
    expect
      .soft(
        isRunning(product.pid),
        `it has ended: ${JSON.stringify(await Promise.race([product.exited, sleep(0)]))} ${product.output()}`,
      )
      .toBe(true);
    expect.soft(isRunning(publisher.pid)).toBe(true);
    expect.soft(outcomes['refused'] ?? 0).toBe(0);
    expect.soft(forgotten, 'inputs whose connection the server did not close after ten seconds').toEqual([]);
    expect.soft(reader.violations).toEqual([]);
    expect.soft(reader.playlist.segments.some(({ discontinuity }) => discontinuity)).toBe(false);
    expect.soft(Math.max(...reader.lateness(from))).toBeLessThan(3_000 * (reader.playlist.partTarget ?? 0));
    for (const { problems } of await checkMediaOf(reader)) expect.soft(problems).toEqual([]);
    expect.soft(grown).toBeLessThan(80 * MEGABYTE);
    expect.soft(product.output()).not.toMatch(/uncaught|unhandled|TypeError|RangeError|ERR_/i);
  });

  it('and a publisher of the attacked show is still served', async () => {
    const key = (await product.command('key', 'default/target')).stdout.trim();
    const good = pushTestPicture(product.publishUrl(key), { seconds: 10 });
    await eventually('phase Live', async () => (await product.phase('target')) === 'Live');
    const reader = await followLive(product.masterUrl('target'));
    await eventually('its parts', () => reader.parts.length > 10);
    await reader.stop();
    await good.kill();
    expect.soft(reader.violations).toEqual([]);
  });
});
