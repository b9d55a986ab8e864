import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from '@prometheus-io/client';
import { afterEach, describe, expect, it } from 'vitest';
import type { AdmissionPolicy } from '../admission/admission.ts';
import { createIngest } from '../ingest.ts';
import { createNginxIngest } from '../nginx-rtmp/create-nginx-ingest.ts';
import { openDoorway, type Doorway } from '../testing/doorway.ts';
import { oneKey, push, recorder, startIngest, STREAM, until } from '../testing/publish.ts';
import { RtmpClient } from '../testing/rtmp-client.ts';
import type { FrontDoorConfig } from './config.ts';

const KEY = 'a-good-key';
const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function studio(
  options: {
    policy?: Partial<AdmissionPolicy>;
    door?: Partial<FrontDoorConfig>;
    create?: typeof createIngest;
    ready?: boolean;
  } = {},
) {
  const { policy = {}, door = {}, create = createIngest, ready = true } = options;
  const admission = oneKey(policy);
  const ingest = await startIngest({ admission, registry: new Registry(), create });
  closers.push(() => ingest.close());
  const doorway = await openDoorway({ config: door });
  closers.push(() => doorway.close());
  doorway.lead({ host: '127.0.0.1', port: ingest.rtmpPort });
  await doorway.stream('live', { key: KEY, ready });
  const reader = recorder();
  ingest.source.subscribe(STREAM, reader);
  return { admission, ingest, doorway, reader };
}

async function socketTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  closers.push(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

describe.each([
  ['our own ingest', createIngest, 'closed'],
  // nginx does not tell who said goodbye from who dropped.
  ['nginx-rtmp', createNginxIngest, 'dropped'],
] as const)('a publisher at the front door, before %s,', (_name, create, left) => {
  it('reaches the readers', async () => {
    const { doorway, ingest, reader } = await studio({ create });
    const { ended } = push(doorway.port);
    await until(() => reader.tags.length > 60);
    expect(ingest.facts(STREAM)).toMatchObject({ video: { width: 320 }, audio: { codec: 'mp4a.40.2' } });
    expect(await doorway.metric('showrunner_front_door_spliced')).toBe('showrunner_front_door_spliced 1');
    expect(await ended).toBe('');
    await until(() => reader.heard.length === 3);
    expect(reader.heard).toEqual(['started', `stopped: ${left}`, 'ended: grace-over']);
    await until(() => doorway.log.some((line) => line.includes('publisher gone')));
    expect(await doorway.metric('showrunner_front_door_spliced')).toBe('showrunner_front_door_spliced 0');
    expect(await doorway.metric('showrunner_front_door_wait_seconds_count')).toMatch(/ 1$/);
    expect(doorway.knocks).toEqual(['default/live']);
    expect(doorway.log.join('\n')).not.toContain(KEY);
  });

  it('takes the place of its former self, which still seems to be there', async () => {
    const { doorway, reader } = await studio({ create, policy: { idleTimeoutMs: 60_000 } });
    const frozen = push(doorway.port, { seconds: 20 });
    closers.push(() => void frozen.child.kill('SIGKILL'));
    await until(() => reader.tags.length > 10);
    frozen.child.kill('SIGSTOP');
    expect(await push(doorway.port, { seconds: 1 }).ended).toBe('');
    await until(() => reader.heard.length >= 4);
    expect(reader.heard.slice(0, 3)).toEqual(['started', 'stopped: replaced', 'started']);
    // The frozen one does not read its refusal; it is not waited for.
    for (const end = Date.now() + 8_000; Date.now() < end; await delay(50)) {
      if ((await doorway.metric('showrunner_front_door_connections'))?.endsWith(' 0')) return;
    }
    expect(await doorway.metric('showrunner_front_door_connections')).toMatch(/ 0$/);
  });
});

describe('a publisher at the front door', () => {
  it('hears the same sentences as at an ingest', async () => {
    const { doorway, reader } = await studio();
    await doorway.stream('off', { key: 'off', spec: { enabled: false } });
    const said = async (options: Parameters<typeof push>[1]) => push(doorway.port, options).ended;
    expect(await said({ key: 'a-bad-key' })).toContain(
      'Server error: This stream key is not known: copy the key of your show again.',
    );
    expect(await said({ app: 'vod' })).toContain('the Server must end in /live');
    expect(await said({ key: 'off' })).toContain('This show is switched off.');
    expect(reader.heard).toEqual([]);
    // Of the ingest, through the splice.
    expect(await said({ args: '-c:v flv1' })).toContain('Only H.264 video is taken');
    const first = push(doorway.port, { seconds: 10 });
    await until(() => reader.tags.length > 10);
    const second = push(doorway.port, { seconds: 1 });
    expect(await first.ended).toContain('Another publisher of this show has taken over.');
    expect(await second.ended).toBe('');
    await doorway.store.delete('LiveStream', { namespace: 'default', name: 'off' });
    await until(() => doorway.log.some((line) => line.includes('"reason":"disabled"')));
    expect(await said({ key: 'off' })).toContain('This stream key is not known');
  });

  it('is refused where a second one may not take over', async () => {
    const { doorway, reader } = await studio({ policy: { takeover: 'refuse' } });
    const first = push(doorway.port, { seconds: 4 });
    await until(() => reader.tags.length > 10);
    expect(await push(doorway.port).ended).toContain('Somebody is already live with this stream key');
    expect(await first.ended).toBe('');
  });

  it('waits for a cold show, for which is knocked each second, and loses nothing', async () => {
    const { doorway, reader } = await studio({ ready: false });
    const { ended } = push(doorway.port, { seconds: 1 });
    await until(() => doorway.knocks.length === 3);
    expect(await doorway.metric('showrunner_front_door_held')).toBe('showrunner_front_door_held 1');
    expect(reader.heard).toEqual([]);
    const began = performance.now();
    await doorway.stream('live', { key: KEY, ready: true });
    await until(() => reader.heard.length > 0);
    expect(performance.now() - began).toBeLessThan(2_500);
    expect(await ended).toBe('');
    expect(reader.tags.length).toBeGreaterThan(60);
    expect(await doorway.metric('showrunner_front_door_held')).toBe('showrunner_front_door_held 0');
  });

  it('reaches the pod of its ingest before a Service leads to it', async () => {
    const { doorway, ingest, reader } = await studio({ ready: false });
    doorway.lead({ host: '127.0.0.1', port: 1 });
    const { ended } = push(doorway.port, { seconds: 1 });
    await until(() => doorway.knocks.length === 1);
    expect(reader.heard).toEqual([]);
    await doorway.stream('live', { key: KEY, ready: false, podIP: '127.0.0.1' });
    await until(() => doorway.log.some((line) => line.includes('ECONNREFUSED')));
    doorway.leadToPods(ingest.rtmpPort);
    expect(await ended).toBe('');
    expect(reader.tags.length).toBeGreaterThan(60);
  });

  it('waits for an ingest that was just ready and is being replaced', async () => {
    const { doorway, ingest, reader } = await studio();
    const { rtmpPort } = ingest;
    doorway.lead({ host: '127.0.0.1', port: 1 });
    const { ended } = push(doorway.port, { seconds: 1 });
    await until(() => doorway.log.some((line) => line.includes('ECONNREFUSED')));
    doorway.lead({ host: '127.0.0.1', port: rtmpPort });
    expect(await ended).toBe('');
    expect(reader.heard[0]).toBe('started');
  });

  it('hears when it has waited long enough, and what for', async () => {
    const { doorway } = await studio({ ready: false, door: { holdMs: 500 } });
    expect(await push(doorway.port).ended).toContain('This show is still being started: try again in a few seconds.');
    await doorway.stream('live', { key: KEY, ready: true });
    doorway.lead({ host: '127.0.0.1', port: 1 });
    expect(await push(doorway.port).ended).toContain('The ingest of this show cannot be reached at the moment');
  });

  it('is not waited for any more when it hangs up, or when its show is switched off or deleted meanwhile', async () => {
    const { doorway } = await studio({ ready: false });
    const client = await RtmpClient.connect(doorway.port);
    client.publish(KEY);
    await until(() => doorway.knocks.length === 1);
    client.socket.destroy();
    for (const end = Date.now() + 2_000; Date.now() < end && !(await held()).endsWith(' 0'); await delay(10));
    expect(await held()).toMatch(/ 0$/);
    const patient = push(doorway.port);
    await until(() => doorway.knocks.length === 2);
    await doorway.stream('live', { key: KEY, ready: false, spec: { enabled: false } });
    expect(await patient.ended).toContain('This show is switched off.');
    await doorway.stream('live', { key: KEY, ready: false });
    const other = push(doorway.port);
    await until(() => doorway.knocks.length === 3);
    await doorway.store.delete('LiveStream', STREAM);
    expect(await other.ended).toContain('This show has been deleted.');

    async function held(): Promise<string> {
      return (await doorway.metric('showrunner_front_door_held')) ?? '';
    }
  });

  it('is let go when its namespace is being deleted, and its ingest, which drains, waits for nobody any more', async () => {
    const { doorway, ingest, reader } = await studio();
    const { ended } = push(doorway.port, { seconds: 30 });
    await until(() => reader.tags.length > 10);
    const drained = ingest.drain(new AbortController().signal);
    await delay(500);
    expect(reader.heard).toEqual(['started']);
    const lastTransitionTime = '2026-11-21T00:00:00Z';
    const reason = 'NamespaceTerminating';
    const ready = { type: 'Ready', status: 'False' as const, reason, message: '', lastTransitionTime };
    await doorway.store.patchStatus('LiveStream', STREAM, { ingest: { keyHashes: [] }, conditions: [ready] });
    expect(await ended).not.toBe('');
    await drained;
    await ingest.close();
    expect(reader.heard).toEqual(['started', 'stopped: dropped', 'ended: shutdown']);
    expect(doorway.log.join('\n')).toContain('"reason":"deleted"');
    expect(await push(doorway.port).ended).not.toBe('');
  });

  it('may reconnect at once when its ingest dies', async () => {
    const { doorway, ingest, reader } = await studio();
    const first = push(doorway.port, { seconds: 20 });
    await until(() => reader.tags.length > 10);
    const second = await startIngest({ admission: oneKey(), registry: new Registry() });
    closers.push(() => second.close());
    const began = performance.now();
    await ingest.close();
    doorway.lead({ host: '127.0.0.1', port: second.rtmpPort });
    expect(await first.ended).not.toBe('');
    expect(performance.now() - began).toBeLessThan(4_000);
    expect(await push(doorway.port, { seconds: 1 }).ended).toBe('');
  });
});

describe('who has a good key', () => {
  async function held(doorway: Doorway, key: string): Promise<RtmpClient> {
    const client = await RtmpClient.connect(doorway.port);
    closers.push(() => void client.socket.destroy());
    client.publish(key);
    return client;
  }

  it('takes no more than a few places with it, and the newest connection has one of them', async () => {
    const { doorway } = await studio({ ready: false, door: { maxPublishers: 4 } });
    await doorway.stream('other', { ready: false });
    const clients: RtmpClient[] = [];
    for (let n = 0; n < 6; n++) clients.push(await held(doorway, KEY));
    await until(() => clients.slice(0, 3).every(({ ended }) => ended));
    expect(clients.map(({ statuses }) => statuses.length)).toEqual([1, 1, 1, 0, 0, 0]);
    expect(clients[0]!.statuses[0]).toContain('Another publisher of this show has taken over.');
    await held(doorway, 'other');
    await until(() => doorway.knocks.includes('default/other'));
    expect(await doorway.metric('showrunner_front_door_held')).toBe('showrunner_front_door_held 4');
  });

  it('leaves room for those who publish, however many keys wait for their ingest', async () => {
    const { doorway } = await studio({ door: { maxHeld: 2 } });
    for (const name of ['a', 'b', 'c']) await doorway.stream(name, { ready: false });
    await held(doorway, 'a');
    await held(doorway, 'b');
    await until(() => doorway.knocks.length === 2);
    const third = await held(doorway, 'c');
    await until(() => third.ended);
    expect(third.statuses).toEqual([
      'NetStream.Publish.Rejected: Too many shows are being started at the moment: try again in a few seconds.',
    ]);
  });
});

describe('a stranger at the front door', () => {
  it('is hung up on when it takes too long, does not speak RTMP or speaks too much', async () => {
    const { doorway } = await studio({ door: { handshakeTimeoutMs: 400 } });
    const silent = await socketTo(doorway.port);
    const browser = await socketTo(doorway.port);
    const slow = await socketTo(doorway.port);
    const talker = await RtmpClient.connect(doorway.port);
    const closed = [silent, browser, slow].map((socket) => once(socket.resume(), 'close'));
    browser.write('GET / HTTP/1.1\r\n\r\n');
    const hello = Buffer.alloc(1537, 3);
    let at = 0;
    const dripping = setInterval(() => slow.write(hello.subarray(at, ++at)), 5);
    closers.push(() => clearInterval(dripping));
    // Messages without an end, none of which is a publish.
    const acknowledgement = Buffer.from('02000000000004030000000000000000', 'hex');
    const hum = Buffer.concat(Array.from({ length: 6_000 }, () => acknowledgement));
    talker.greet(hum);
    await Promise.all(closed);
    await until(() => talker.ended);
    expect(talker.statuses).toEqual(['NetStream.Failed: More than 64 KiB came before the command publish.']);
  });

  it.each([{ unauthenticatedPerAddress: 2 }, { unauthenticatedTotal: 2 }])(
    'cannot lock publishers out by holding all places of %j',
    async (door) => {
      const { doorway } = await studio({ door });
      const strangers = [await socketTo(doorway.port), await socketTo(doorway.port)];
      const gone = once(strangers[0]!.resume(), 'close');
      expect(await push(doorway.port, { seconds: 1 }).ended).toBe('');
      await gone;
      expect(await doorway.metric('showrunner_front_door_refused_total')).toContain('reason="displaced"} 1');
      expect(strangers[1]!.closed).toBe(false);
    },
  );

  it('cannot lock publishers out with wrong keys that wait for their refusal', async () => {
    const { doorway } = await studio({ door: { wrongKeyDelayMs: 10_000, unauthenticatedTotal: 2 } });
    const guessing = [await RtmpClient.connect(doorway.port), await RtmpClient.connect(doorway.port)];
    for (const client of guessing) client.publish('a-bad-key');
    await delay(100);
    expect(await push(doorway.port, { seconds: 1 }).ended).toBe('');
    expect(await doorway.metric('showrunner_front_door_refused_total')).toContain('reason="displaced"} 1');
    for (const { socket } of guessing) socket.destroy();
  });

  it('learns nothing from the time that a wrong key takes', async () => {
    const { doorway } = await studio({ door: { wrongKeyDelayMs: 200, unauthenticatedPerAddress: 100 } });
    const took: number[] = [];
    for (const key of ['a', 'a-good-kez', 'x'.repeat(256)]) {
      const client = await RtmpClient.connect(doorway.port);
      const began = performance.now();
      client.publish(key);
      await until(() => client.statuses.length > 0);
      took.push(performance.now() - began);
      expect(client.statuses[0]).toContain('NetStream.Publish.Denied: This stream key is not known');
      client.socket.destroy();
    }
    expect(Math.min(...took)).toBeGreaterThanOrEqual(195);
    expect(doorway.knocks).toEqual([]);
  });
});

describe('a front door that shuts down', () => {
  it('lets those who publish go on, and takes nobody new', async () => {
    const { doorway, reader } = await studio();
    const { ended } = push(doorway.port, { seconds: 3 });
    await until(() => reader.tags.length > 10);
    const drained = doorway.frontDoor.drain(new AbortController().signal);
    await delay(100);
    const late = connect(doorway.port, '127.0.0.1');
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    expect(await ended).toBe('');
    await drained;
    await until(() => reader.heard.length >= 2);
    expect(reader.heard[1]).toBe('stopped: closed');
  });

  it('cuts off who goes on after that, and tells who waits', async () => {
    const { doorway, reader } = await studio();
    await doorway.stream('cold', { ready: false });
    const running = push(doorway.port, { seconds: 30 });
    await until(() => reader.tags.length > 10);
    const waiting = await RtmpClient.connect(doorway.port);
    closers.push(() => void waiting.socket.destroy());
    waiting.publish('cold');
    await until(() => doorway.knocks.includes('default/cold'));
    await doorway.frontDoor.drain(AbortSignal.timeout(300));
    await doorway.frontDoor.close();
    expect(waiting.statuses).toEqual(['NetStream.Failed: The server is shutting down.']);
    expect(await running.ended).not.toBe('');
    await until(() => reader.heard[1] === 'stopped: dropped');
  });
});
