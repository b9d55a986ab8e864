import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connect } from 'node:net';
import { Registry } from '@prometheus-io/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger, FLV_SCRIPT } from '@showrunner/service-kit';
import type { Refusal } from '../errors.ts';
import type { Ingest } from '../ingest.ts';
import { Shows } from '../shows/shows.ts';
import { tap } from '../testing/capture.ts';
import { MUTATIONS, seeded, type Random } from '../testing/mutations.ts';
import { oneKey, push, recorder, startIngest, STREAM, until } from '../testing/publish.ts';
import { codecProblem } from './codec.ts';
import { HANDSHAKE_BYTES, RtmpProtocol } from './protocol.ts';

const INPUTS = 12_000;
/** What one input may be at most: handshake, commands, metadata, headers and the first frames. */
const INPUT_BYTES = 12_000;
const MAX_REPLY_BYTES = 64 * 1024;

let ingest: Ingest;
let capture: Buffer;

beforeAll(async () => {
  ingest = await startIngest({ admission: oneKey(), registry: new Registry() });
  const between = await tap(ingest.rtmpPort);
  await push(between.port, { seconds: 1 }).ended;
  await between.close();
  capture = between.bytes();
});
afterAll(() => ingest.close());

/** One connection without its socket: everything that a client can reach, behind an admission that lets all in. */
function feed(
  bytes: Buffer,
  shows: Shows,
  random: Random,
): { fault: Refusal | undefined; replyBytes: number; tags: number } {
  const result = { fault: undefined as Refusal | undefined, replyBytes: 0, tags: 0 };
  const limits = { mediaBytes: 65_536, otherBytes: 65_536, unfinishedBytes: 131_072, chunkStreams: 32 };
  const policy = { takeover: 'newest', reconnectGraceMs: 0, idleTimeoutMs: 1_000 } as const;
  const publisher = shows.publish(STREAM, { replaced() {} }, policy)!;
  let over = false;
  const end = (fault: Refusal | undefined): void => {
    over = true;
    result.fault ??= fault;
    protocol.pause();
  };
  const protocol = new RtmpProtocol(limits, {
    output: (reply) => {
      result.replyBytes += reply.length;
      if (result.replyBytes > MAX_REPLY_BYTES) end(undefined);
    },
    onConnect: () => protocol.acceptConnect(),
    onPublish: () => {
      protocol.setLimits({ ...limits, mediaBytes: 8 << 20, unfinishedBytes: 9 << 20 });
      protocol.acceptPublish();
    },
    onPlay: () => end(undefined),
    onUnpublish: () => end(undefined),
    onMedia: (type, timestamp, payload) => {
      result.tags += 1;
      if (type === FLV_SCRIPT || codecProblem(type, payload) === undefined) publisher.media(type, timestamp, payload);
    },
    onFault: end,
  });
  for (let at = 0; at < bytes.length && !over;) {
    const length = Math.min(bytes.length - at, 1 + random(4_000));
    const piece = Buffer.from(bytes.subarray(at, at + length));
    protocol.receive(piece, length);
    piece.fill(0xee);
    at += length;
  }
  publisher.stop('dropped');
  return result;
}

/** Array buffers are freed beside the collection that found them: a few more make sure of it. */
async function collectGarbage(): Promise<NodeJS.MemoryUsage> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 4; round++) {
    collect();
    await delay(50);
  }
  return process.memoryUsage();
}

describe('malformed RTMP', () => {
  it('is read or refused in words, without a throw and without holding memory', async () => {
    const logger = createLogger({ name: 'test', level: 'silent' });
    const shows = new Shows({ logger, now: () => performance.now(), date: Date.now, replayBytes: 2 ** 20 });
    const random = seeded(20_261_121);
    const seed = capture.subarray(0, INPUT_BYTES);
    const faults = new Map<string, number>();
    let tags = 0;
    let before: NodeJS.MemoryUsage | undefined;
    for (let n = 0; n < INPUTS; n++) {
      let bytes = Buffer.from(seed);
      for (let times = 1 + random(2); times > 0 && bytes.length > HANDSHAKE_BYTES * 2; times--) {
        bytes = Buffer.from(MUTATIONS[n % MUTATIONS.length]!(bytes, random));
      }
      const { fault, replyBytes, tags: taken } = feed(bytes, shows, random);
      expect(replyBytes).toBeLessThan(MAX_REPLY_BYTES + 70_000);
      if (fault) {
        expect(fault.sentence).toMatch(/^[A-Z][ -~]*\.$/);
        faults.set(fault.code, (faults.get(fault.code) ?? 0) + 1);
      }
      tags += taken;
      if (n === 2_000) before = await collectGarbage();
    }
    const after = await collectGarbage();
    expect(after.heapUsed + after.arrayBuffers - before!.heapUsed - before!.arrayBuffers).toBeLessThan(4 << 20);
    // The inputs reached every layer: chunks, messages, AMF, and media beyond them.
    expect([...faults.keys()]).toEqual(expect.arrayContaining(['bad-chunk', 'bad-message', 'message-too-long']));
    expect(tags).toBeGreaterThan(INPUTS);
  }, 180_000);

  it('does not disturb a show beside it', async () => {
    const reader = recorder();
    ingest.source.subscribe(STREAM, reader);
    const { ended } = push(ingest.rtmpPort, { seconds: 3 });
    await until(() => reader.tags.length > 5);
    const random = seeded(7);
    // Behind the handshake lies the wrong key here, as no input may take the show over.
    const strange = Buffer.from(
      capture.subarray(0, INPUT_BYTES).toString('latin1').replaceAll('a-good-key', 'not-a-good'),
      'latin1',
    );
    for (let n = 0; n < 300; n++) {
      const bytes = Buffer.from(MUTATIONS[n % MUTATIONS.length]!(Buffer.from(strange), random));
      const socket = connect(ingest.rtmpPort, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      if (n % 2 === 0) socket.end(bytes);
      else socket.write(bytes, () => socket.destroy());
      if (n % 8 === 7) await closed;
    }
    expect(await ended).toBe('');
    await until(() => reader.heard.length >= 2);
    expect(reader.heard.slice(0, 2)).toEqual(['started', 'stopped: closed']);
  }, 180_000);
});
