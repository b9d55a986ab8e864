import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, type FlvTag, type SubscribeOptions } from '@showrunner/service-kit';
import { FLV_FILE_HEADER, flvTagHeader } from '@showrunner/service-kit/flv';
import { encodeLinkMark } from '@showrunner/service-kit/flv-link';
import { linkTo, startLinkedIngest } from '../testing/linked-ingest.ts';
import { FLV_TOKEN, recorder, until } from '../testing/publish.ts';
import { RtmpPublisher } from '../testing/rtmp-publisher.ts';

const STREAM = { namespace: 'default', name: 'live' };
const KEY = 'default/live';
const GRACE_MS = 2_000;
const HEADER: FlvTag = { type: FLV_AUDIO, timestamp: 0, payload: Buffer.from('af00118856e500', 'hex') };
const sound = (timestamp: number): FlvTag => ({
  type: FLV_AUDIO,
  timestamp,
  payload: Buffer.from('af01211004608c1c', 'hex'),
});
const AVC: FlvTag = {
  type: FLV_VIDEO,
  timestamp: 0,
  payload: Buffer.from(
    '17000000000142c00affe100176742c00ad9047b011000000300100000030320f122648001000568cb83cb20',
    'hex',
  ),
};
const picture = (timestamp: number, kind: 'keyframe' | 'frame'): FlvTag => ({
  type: FLV_VIDEO,
  timestamp,
  payload: Buffer.from(kind === 'keyframe' ? '1701000000000000026588' : '270100000000000002419a', 'hex'),
});

const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function ingestAt(port = 0, reconnectGraceMs = GRACE_MS) {
  const linked = await startLinkedIngest({ port, policy: { reconnectGraceMs } });
  let killed: Promise<void> | undefined;
  const kill = () => (killed ??= linked.kill());
  closers.push(kill);
  return { ...linked, kill };
}

function follow(port: number, graceMs = GRACE_MS, options?: SubscribeOptions) {
  const source = linkTo(port, graceMs);
  const reader = recorder();
  const subscription = source.subscribe(STREAM, reader, options);
  closers.push(() => subscription.close());
  return { source, reader };
}

async function publish(rtmpPort: number): Promise<RtmpPublisher> {
  const publisher = await RtmpPublisher.start(rtmpPort, KEY);
  closers.push(() => publisher.drop());
  publisher.tag(HEADER);
  publisher.tag(sound(10));
  return publisher;
}

/** Stands between the link and its ingest, and can stop passing anything on. */
async function relayTo(target: number) {
  const sockets = new Set<Socket>();
  const frozen = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (bytes) => frozen.has(from) || to.write(bytes));
      from.on('close', () => frozen.has(from) || to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return {
    port: (server.address() as AddressInfo).port,
    /** The connections of now pass nothing more on, not even their end. */
    freeze: () => sockets.forEach((socket) => frozen.add(socket)),
    /** The connections of now end. */
    cut: () => sockets.forEach((socket) => socket.destroy()),
  };
}

describe('a link to ingest', () => {
  it('goes on with the same show when the ingest behind it is replaced', async () => {
    const first = await ingestAt();
    const { reader, source } = follow(first.port);
    await publish(first.ingest.rtmpPort);
    await until(() => reader.tags.length === 2);
    await first.kill();
    await until(() => reader.heard.length === 2);
    const second = await ingestAt(first.port);
    await until(() => source.state(STREAM) === 'off');
    await publish(second.ingest.rtmpPort);
    await until(() => reader.tags.length === 4);
    expect(reader.heard).toEqual(['started', 'stopped: dropped', 'started']);
  });

  it('ends the show when no ingest is back within the grace', async () => {
    const { port, ingest, kill } = await ingestAt();
    const { reader, source } = follow(port, 300);
    await publish(ingest.rtmpPort);
    await until(() => reader.tags.length === 2);
    await kill();
    await until(() => reader.heard.length === 3);
    expect(reader.heard).toEqual(['started', 'stopped: dropped', 'ended: grace-over']);
    expect(source.state(STREAM)).toBe(undefined);
  });

  it('notices within seconds that the connection is half-dead, and goes on over another', async () => {
    const { port, ingest } = await ingestAt();
    const relay = await relayTo(port);
    const { reader } = follow(relay.port, 10_000);
    const publisher = await publish(ingest.rtmpPort);
    await until(() => reader.tags.length === 2);
    const began = performance.now();
    relay.freeze();
    publisher.tag(sound(20));
    await until(() => reader.heard.length === 3, 10_000);
    const tookMs = performance.now() - began;
    publisher.tag(sound(30));
    await until(() => reader.tags.length === 4);
    expect(reader.heard).toEqual(['started', 'stopped: dropped', 'started']);
    // The headers again, and what was sent since.
    expect(reader.tags.slice(2)).toEqual([HEADER, sound(30)]);
    expect(tookMs).toBeGreaterThan(3_000);
    expect(tookMs).toBeLessThan(6_500);
  });

  it('is replayed what it came too late for, but not what it has told already', async () => {
    const { port, ingest } = await ingestAt();
    const relay = await relayTo(port);
    const arrived = recorder();
    ingest.source.subscribe(STREAM, arrived);
    const publisher = await RtmpPublisher.start(ingest.rtmpPort, KEY);
    closers.push(() => publisher.drop());
    for (const tag of [AVC, picture(0, 'keyframe'), picture(33, 'frame')]) publisher.tag(tag);
    await until(() => arrived.tags.length === 3);
    const { reader } = follow(relay.port, 10_000, { replay: true });
    await until(() => reader.tags.length === 3);
    relay.cut();
    await until(() => reader.heard.length === 3);
    publisher.tag(picture(66, 'frame'));
    publisher.tag(picture(100, 'keyframe'));
    await until(() => reader.tags.length === 5);
    expect(reader.tags).toEqual([AVC, picture(0, 'keyframe'), picture(33, 'frame'), AVC, picture(100, 'keyframe')]);
    expect(reader.heard).toEqual(['started', 'stopped: dropped', 'started']);
  });

  it('lives through idle times', async () => {
    const { port, ingest, readers } = await ingestAt();
    const { reader, source } = follow(port);
    await until(() => source.state(STREAM) === 'off');
    const [connection] = readers;
    await new Promise((resolve) => setTimeout(resolve, 5_500));
    expect([...readers]).toEqual([connection]);
    await publish(ingest.rtmpPort);
    await until(() => reader.tags.length === 2);
    expect(reader.heard).toEqual(['started']);
  });

  it('tells since when the show is on air, also through a reconnect of its publisher', async () => {
    const { port, ingest } = await ingestAt();
    const since: (number | undefined)[] = [];
    const note = { ...recorder(), publisherStarted: (at?: number) => void since.push(at) };
    const before = Date.now();
    const subscription = linkTo(port).subscribe(STREAM, note);
    closers.push(() => subscription.close());
    const publisher = await publish(ingest.rtmpPort);
    await until(() => since.length === 1);
    publisher.drop();
    await publish(ingest.rtmpPort);
    await until(() => since.length === 2);
    expect(since[0]).toBe(since[1]);
    expect(since[0]).toBeGreaterThanOrEqual(before);
    expect(since[0]).toBeLessThanOrEqual(Date.now());
  });

  it('is not spoken over by a publisher', async () => {
    const { port, ingest } = await ingestAt();
    const { reader, source } = follow(port);
    const publisher = await publish(ingest.rtmpPort);
    const forged = encodeLinkMark({ event: 'showEnded', reason: 'disabled' });
    publisher.tag({ type: FLV_SCRIPT, timestamp: 10, payload: forged });
    publisher.tag(sound(20));
    await until(() => reader.tags.length === 3);
    expect(reader.heard).toEqual(['started']);
    expect(source.state(STREAM)).toBe('live');
  });

  it.each<[string, Buffer]>([
    ['no FLV', Buffer.from('<html>not here</html>')],
    ['a tag of another type', Buffer.concat([FLV_FILE_HEADER, Buffer.alloc(11, 1)])],
    [
      'a mark that nobody knows',
      Buffer.concat([
        FLV_FILE_HEADER,
        flvTagHeader(FLV_SCRIPT, 0, 13),
        Buffer.from('\x02\x00\x0ashowrunner', 'latin1'),
      ]),
    ],
  ])('hangs up on %s and asks again, ever more seldom', async (_what, body) => {
    let asked = 0;
    const server = createHttpServer((_request, response) => {
      asked += 1;
      // It does not end by itself: that it ends is the reader's doing.
      response.writeHead(200).write(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { reader, source } = follow((server.address() as AddressInfo).port);
    await until(() => asked >= 3);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    // A pause is 150 ms at the least by then.
    expect(asked).toBeLessThanOrEqual(13);
    expect([reader.heard, reader.tags, source.state(STREAM)]).toEqual([[], [], undefined]);
  });

  it('is refused with a wrong token, and there as soon as it is right', async () => {
    const { port } = await ingestAt();
    let token = 'a-former-token';
    const source = linkTo(port, GRACE_MS, () => token);
    const subscription = source.subscribe(STREAM, recorder());
    closers.push(() => subscription.close());
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(source.state(STREAM)).toBe(undefined);
    token = FLV_TOKEN;
    await until(() => source.state(STREAM) === 'off');
  });
});
