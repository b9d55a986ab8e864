import { connect } from 'node:net';
import { Registry } from '@prometheus-io/client';
import { afterEach, expect, it } from 'vitest';
import { tap } from '../testing/capture.ts';
import { openDoorway } from '../testing/doorway.ts';
import { MUTATIONS, seeded } from '../testing/mutations.ts';
import { oneKey, push, recorder, startIngest, STREAM, until } from '../testing/publish.ts';

const INPUTS = 1_500;
const AT_ONCE = 12;
const INPUT_BYTES = 12_000;
const KEY = 'a-good-key';

const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it('takes malformed publishes, some through to an ingest, beside a show that does not notice', async () => {
  const doorway = await openDoorway({ config: { unauthenticatedPerAddress: 100, handshakeTimeoutMs: 1_000 } });
  closers.push(() => doorway.close());
  const ingest = await startIngest({ admission: oneKey(), registry: new Registry() });
  const attacked = await startIngest({ admission: oneKey({ reconnectGraceMs: 0 }), registry: new Registry() });
  closers.push(
    () => ingest.close(),
    () => attacked.close(),
  );
  doorway.lead({ host: '127.0.0.1', port: ingest.rtmpPort });
  await doorway.stream('live', { key: KEY });
  const between = await tap(doorway.port);
  await push(between.port, { seconds: 1 }).ended;
  await between.close();
  const capture = between.bytes().subarray(0, INPUT_BYTES);

  const reader = recorder();
  ingest.source.subscribe(STREAM, reader);
  const { ended } = push(doorway.port, { seconds: 12 });
  await until(() => reader.tags.length > 5);
  // Whoever comes from now on has the right key too, of a show elsewhere.
  doorway.lead({ host: '127.0.0.1', port: attacked.rtmpPort });

  const random = seeded(20_261_121);
  let next = 0;
  const forgotten: number[] = [];
  const attack = async (): Promise<void> => {
    while (next < INPUTS) {
      const input = next++;
      const bytes = Buffer.from(MUTATIONS[input % MUTATIONS.length]!(Buffer.from(capture), random));
      const socket = connect(doorway.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
      if (input % 3 === 0) socket.write(bytes, () => socket.destroy());
      else socket.end(bytes);
      const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 9_000).unref());
      if (!(await Promise.race([closed, late]))) forgotten.push(input);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, attack));
  expect(forgotten).toEqual([]);
  expect(await ended).toBe('');
  await until(() => reader.heard.length >= 2);
  expect(reader.heard.slice(0, 2)).toEqual(['started', 'stopped: closed']);
  for (const end = Date.now() + 5_000; Date.now() < end;) {
    if ((await doorway.metric('showrunner_front_door_connections'))?.endsWith(' 0')) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const gauge of ['connections', 'held', 'spliced']) {
    expect(await doorway.metric(`showrunner_front_door_${gauge} `)).toMatch(/ 0$/);
  }
  const reasons = doorway.log.flatMap((line) => /"reason":"([a-z-]+)"/.exec(line)?.[1] ?? []);
  expect(reasons).toEqual(expect.arrayContaining(['bad-chunk', 'bad-message', 'message-too-long']));
  expect(doorway.log.some((line) => line.includes('publisher passed on'))).toBe(true);
}, 90_000);
