import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Registry } from '@prometheus-io/client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FLV_AUDIO } from '@showrunner/service-kit';
import { refusal, type RefusedClient } from './errors.ts';
import { tap } from './testing/capture.ts';
import { FLV_TOKEN, oneKey, push, startIngest, STREAM, until } from './testing/publish.ts';
import { kindsOf, studio } from './testing/studio.ts';

async function http(ingest: { handleHttp: Awaited<ReturnType<typeof startIngest>>['handleHttp'] }): Promise<string> {
  const server = createServer((request, response) => {
    if (!ingest.handleHttp(request, response)) response.writeHead(418).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function socketTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

describe('a publisher', () => {
  it('reaches the readers tag by tag, and the show ends when it does not come back', async () => {
    const { reader, port, ingest, metric } = await studio({ policy: { reconnectGraceMs: 300 } });
    const { ended } = push(port);
    await until(() => reader.tags.length > 60);
    expect(ingest.facts(STREAM)).toMatchObject({
      video: { codec: 'avc1.42c00d', width: 320, height: 180, nominalFrameRate: 30, bFrames: false },
      audio: { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 1 },
    });
    expect(await ended).toBe('');
    await until(() => reader.heard.length === 3);
    expect(reader.heard).toEqual(['started', 'stopped: closed', 'ended: grace-over']);
    expect(ingest.facts(STREAM)).toBe(undefined);

    const { video, audio, script } = kindsOf(reader.tags);
    expect(script).toBe('\x02\x00\x0aonMetaData');
    expect(video.slice(0, 2)).toEqual(['sequence-header', 'keyframe']);
    expect(video.filter((kind) => kind === 'keyframe')).toHaveLength(4);
    expect(video.filter((kind) => kind === 'keyframe' || kind === 'frame')).toHaveLength(60);
    expect(audio[0]).toBe('sequence-header');
    expect(audio.length).toBeGreaterThan(90);
    expect(await metric('showrunner_ingest_publishers')).toBe('showrunner_ingest_publishers 0');
  });

  it('hears a sentence when its key is unknown, and no reader hears of it', async () => {
    const refused: RefusedClient[] = [];
    const { reader, port, metric } = await studio({ onRefused: (client) => void refused.push(client) });
    const said = await push(port, { key: 'a-bad-key' }).ended;
    expect(refused).toEqual([{ address: '127.0.0.1', stream: undefined, refusal: refusal('unknown-key') }]);
    expect(said).toContain('Server error: This stream key is not known: copy the key of your show again.');
    expect(said).not.toContain('Publish.Start');
    expect(reader.heard).toEqual([]);
    expect(await metric('showrunner_ingest_refused_total')).toBe(
      'showrunner_ingest_refused_total{reason="unknown-key"} 1',
    );
  });

  it('hears a sentence when the application is wrong, or the codec is', async () => {
    const { port } = await studio();
    expect(await push(port, { app: 'vod' }).ended).toContain('the Server must end in /live');
    expect(await push(port, { args: '-c:v flv1' }).ended).toContain('Only H.264 video is taken');
  });

  it('hears what to set where its sound has channels that nobody could play, and no reader hears of that sound', async () => {
    const { port, reader } = await studio();
    // 2.1, as OBS offers it: ffmpeg's AAC describes it by a layout of its own.
    const said = await push(port, { args: '-c:v libx264 -preset ultrafast -g 15 -ac 3 -channel_layout 2.1' }).ended;
    expect(said).toContain('The channel layout of this sound cannot be played: set Channels to Stereo');
    expect(reader.tags.filter(({ type }) => type === FLV_AUDIO)).toEqual([]);
  });

  it('is replaced by a newer one, and told so', async () => {
    const { reader, port } = await studio();
    const first = push(port, { seconds: 10 });
    await until(() => reader.tags.length > 10);
    const second = push(port, { seconds: 1 });
    expect(await first.ended).toContain('Another publisher of this show has taken over.');
    expect(await second.ended).toBe('');
    await until(() => reader.heard.length === 5);
    expect(reader.heard).toEqual(['started', 'stopped: replaced', 'started', 'stopped: closed', 'ended: grace-over']);
  });

  it('keeps its place where the show refuses takeovers', async () => {
    const { reader, port } = await studio({ policy: { takeover: 'refuse' } });
    const first = push(port, { seconds: 3 });
    await until(() => reader.tags.length > 10);
    expect(await push(port).ended).toContain('Somebody is already live with this stream key');
    expect(await first.ended).toBe('');
  });

  it('loses its place to a second one once it is half-dead, also where the show refuses takeovers', async () => {
    const policy = { takeover: 'refuse', idleTimeoutMs: 400, reconnectGraceMs: 60_000 } as const;
    const { reader, port } = await studio({ policy });
    const frozen = push(port, { seconds: 10 });
    onTestFinished(() => void frozen.child.kill('SIGKILL'));
    await until(() => reader.tags.length > 10);
    frozen.child.kill('SIGSTOP');
    await until(() => reader.heard.length === 2);
    expect(await push(port, { seconds: 1 }).ended).toBe('');
    expect(reader.heard).toEqual(['started', 'stopped: idle', 'started', 'stopped: closed']);
  });

  it('may come back for as long as before where the clock of the machine is set', async () => {
    const real = Date.now;
    let ahead = 0;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + ahead);
    onTestFinished(() => clock.mockRestore());
    const { reader, port } = await studio({ policy: { reconnectGraceMs: 60_000 } });
    expect(await push(port, { seconds: 1 }).ended).toBe('');
    await until(() => reader.heard.length === 2);
    ahead = 3_600_000;
    await delay(500);
    expect(reader.heard).toEqual(['started', 'stopped: closed']);
  });

  it('is cut off with a sentence when its show is switched off, and the show ends', async () => {
    const { reader, port, admission } = await studio();
    const { ended } = push(port, { seconds: 10 });
    await until(() => reader.tags.length > 10);
    admission.bar(refusal('disabled'));
    expect(reader.heard).toEqual(['started', 'stopped: disabled', 'ended: disabled']);
    expect(await ended).toContain('This show is switched off.');
  });

  it('is held back until its key is checked, and loses nothing', async () => {
    const { reader, port, admission } = await studio();
    const between = await tap(port);
    await push(between.port, { seconds: 1 }).ended;
    await between.close();
    await until(() => reader.heard.length === 3);
    const sent = reader.tags.splice(0);
    admission.slowDown(300);
    // All at once, without waiting for a single answer.
    const socket = await socketTo(port);
    socket.resume();
    socket.write(between.bytes());
    await until(() => reader.heard.length === 5);
    const bytes = (tags: typeof sent) => Buffer.concat(tags.map(({ payload }) => payload));
    expect(bytes(reader.tags).equals(bytes(sent))).toBe(true);
  });

  it('is read no further than to its key while that is checked: what else it sends is held back by TCP', async () => {
    const MIB = 1024 * 1024;
    const { reader, port, admission } = await studio();
    const between = await tap(port);
    await push(between.port, { seconds: 1 }).ended;
    await between.close();
    await until(() => reader.heard.length === 3);
    admission.slowDown(2_000);
    const socket = await socketTo(port);
    socket.resume();
    socket.write(between.bytes());
    const piece = Buffer.alloc(MIB / 16);
    for (let sent = 0; sent < 64 * MIB; sent += piece.length) socket.write(piece);
    const taken = () => socket.bytesWritten - socket.writableLength;
    await until(() => taken() > MIB / 4);
    await delay(700);
    expect(reader.heard).toHaveLength(3);
    // By both sides' buffers in the system, which are 10 MB at most.
    expect(taken()).toBeLessThan(24 * MIB);
    socket.destroy();
  });

  it('is idle when it stops sending, and dropped when it is killed', async () => {
    const { reader, port } = await studio({ policy: { idleTimeoutMs: 400, reconnectGraceMs: 60_000 } });
    const frozen = push(port, { seconds: 10 });
    await until(() => reader.tags.length > 10);
    frozen.child.kill('SIGSTOP');
    await until(() => reader.heard.length === 2);
    frozen.child.kill('SIGKILL');
    const killed = push(port, { seconds: 10 });
    await until(() => reader.heard.length === 3);
    killed.child.kill('SIGKILL');
    await until(() => reader.heard.length === 4);
    expect(reader.heard).toEqual(['started', 'stopped: idle', 'started', 'stopped: dropped']);
  });

  it('is told when the server shuts down', async () => {
    const { reader, port, ingest } = await studio();
    const { ended } = push(port, { seconds: 10 });
    await until(() => reader.tags.length > 10);
    await Promise.all([ingest.close(), ingest.close()]);
    expect(reader.heard).toEqual(['started', 'stopped: shutdown', 'ended: shutdown']);
    await ended;
  });
});

describe('a stranger', () => {
  it('who wants to watch over RTMP is told where to', async () => {
    const { port } = await studio();
    const probe = promisify(execFile)('ffprobe', ['-v', 'error', `rtmp://127.0.0.1:${port}/live/anything`]);
    await expect(probe).rejects.toThrow('it is watched over HTTP, not over RTMP');
  });

  it('is hung up on when it does not shake hands in time, or does not speak RTMP', async () => {
    const { port } = await studio({ config: { handshakeTimeoutMs: 300 } });
    const silent = await socketTo(port);
    const browser = await socketTo(port);
    const closed = [silent, browser].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    browser.write('GET / HTTP/1.1\r\n\r\n');
    silent.resume();
    browser.resume();
    await Promise.all(closed);
  });

  it('gets only so many connections, of which the oldest makes room for the newest', async () => {
    const { port, metric } = await studio({ config: { unauthenticatedPerAddress: 2 } });
    const [first, second, third] = [await socketTo(port), await socketTo(port), await socketTo(port)];
    await once(first.resume(), 'close');
    expect(await metric('showrunner_ingest_refused_total')).toContain('reason="displaced"} 1');
    second.destroy();
    await until(() => second.destroyed);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const fourth = await socketTo(port);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([third.closed, fourth.closed]).toEqual([false, false]);
  });

  it('finds the port taken in words', async () => {
    const { port } = await studio();
    await expect(startIngest({ admission: oneKey(), registry: new Registry(), config: { port } })).rejects.toThrow(
      `RTMP cannot listen on port ${port} of 127.0.0.1: another program uses it.`,
    );
  });
});

describe('HTTP-FLV', () => {
  it('plays through a reconnect until the show ends', async () => {
    const { port, reader, ingest } = await studio({ policy: { reconnectGraceMs: 1_500 } });
    const base = await http(ingest);
    const first = push(port, { seconds: 2 });
    await until(() => reader.tags.length > 10);
    const args = [
      '-v',
      'error',
      '-count_packets',
      '-show_entries',
      'stream=codec_name,width,nb_read_packets',
      '-of',
      'json',
    ];
    const probe = promisify(execFile)('ffprobe', [...args, `${base}/flv/default/live.flv?token=${FLV_TOKEN}`]);
    await first.ended;
    await push(port, { seconds: 1 }).ended;
    const { stdout, stderr } = await probe;
    expect(stderr).toBe('');
    const { streams } = JSON.parse(stdout) as {
      streams: { codec_name: string; width?: number; nb_read_packets: string }[];
    };
    const video = streams.find(({ codec_name }) => codec_name === 'h264');
    expect(streams.map(({ codec_name }) => codec_name).sort()).toEqual(['aac', 'h264']);
    expect(video?.width).toBe(320);
    // All of the second push, and of the first what came after the reader's first keyframe.
    expect(Number(video?.nb_read_packets)).toBeGreaterThan(30 + 15);
  });

  it('wants the token, a running show and a known path', async () => {
    const { ingest, port, reader } = await studio();
    const base = await http(ingest);
    const authorized = { headers: { authorization: `Bearer ${FLV_TOKEN}` } };
    const status = async (path: string, init?: RequestInit) => (await fetch(`${base}${path}`, init)).status;
    expect(await status('/flv/default/live.flv')).toBe(401);
    expect(await status('/flv/default/live.flv?token=wrong')).toBe(401);
    expect(await status('/flv/default/live.flv', authorized)).toBe(404);
    expect(await status('/flv/default/live/facts', authorized)).toBe(404);
    expect(await status('/flv/../../etc/passwd', authorized)).toBe(418);
    expect(await status('/flv/default/live', authorized)).toBe(404);
    expect(await status('/flv/default/live.flv', { ...authorized, method: 'POST' })).toBe(405);
    expect(await status('/hls/default/live', authorized)).toBe(418);
    const { ended } = push(port, { seconds: 1 });
    await until(() => reader.tags.length > 10);
    expect(await status('/flv/default/live.flv', { ...authorized, method: 'HEAD' })).toBe(200);
    const facts = await fetch(`${base}/flv/default/live/facts?token=${FLV_TOKEN}`);
    expect(await facts.json()).toMatchObject({ video: { codec: 'avc1.42c00d' } });
    await ended;
    await until(() => reader.heard.length === 2);
    expect(await status('/flv/default/live.flv', authorized)).toBe(503);
    await until(() => reader.heard.length === 3);
    expect(await status('/flv/default/live.flv', authorized)).toBe(404);
  });

  it('drops a reader that does not read, and counts it', async () => {
    const { ingest, port, metric } = await studio({ config: { flvQueueBytes: 64 * 1024 } });
    const base = new URL(await http(ingest));
    const noise = '-vf noise=alls=100:allf=t,scale=1280:720 -c:v libx264 -preset ultrafast -qp 10 -g 15';
    const { child } = push(port, { seconds: 20, args: noise });
    onTestFinished(() => void child.kill('SIGKILL'));
    await until(() => ingest.facts(STREAM)?.video !== undefined);
    const socket = await socketTo(Number(base.port));
    socket.pause();
    socket.write(`GET /flv/default/live.flv?token=${FLV_TOKEN} HTTP/1.1\r\nHost: x\r\n\r\n`);
    for (const end = Date.now() + 12_000; Date.now() < end;) {
      if ((await metric('showrunner_ingest_flv_readers_dropped_total'))?.endsWith(' 1')) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await metric('showrunner_ingest_flv_readers_dropped_total')).toMatch(/ 1$/);
    expect(await metric('showrunner_ingest_flv_readers ')).toBe('showrunner_ingest_flv_readers 0');
  });
});
