import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Registry } from '@prometheus-io/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FLV_AUDIO, FLV_VIDEO } from '@showrunner/service-kit';
import { videoKind } from '@showrunner/service-kit/flv';
import { refusal } from '../errors.ts';
import { ANNOUNCED_CHUNK_BYTES } from '../rtmp/announced-chunk-size.ts';
import { oneKey, push, recorder, startIngest, STREAM, until } from '../testing/publish.ts';
import { RtmpClient } from '../testing/rtmp-client.ts';
import { kindsOf, studio as anyStudio } from '../testing/studio.ts';
import { createNginxIngest } from './create-nginx-ingest.ts';

const FRAMES = new Set(['keyframe', 'frame']);
const studio = (options: Parameters<typeof anyStudio>[0] = {}) => anyStudio({ ...options, create: createNginxIngest });

describe('a publisher at nginx', () => {
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
    expect(reader.heard).toEqual(['started', 'stopped: dropped', 'ended: grace-over']);
    const { video, audio, script } = kindsOf(reader.tags);
    expect(script).toBe('\x02\x00\x0aonMetaData');
    expect(video.slice(0, 2)).toEqual(['sequence-header', 'keyframe']);
    expect(video.filter((kind) => kind === 'keyframe')).toHaveLength(4);
    expect(video.filter((kind) => kind === 'keyframe' || kind === 'frame')).toHaveLength(60);
    expect(audio[0]).toBe('sequence-header');
    expect(audio.length).toBeGreaterThan(90);
    expect(await metric('showrunner_ingest_publishers')).toBe('showrunner_ingest_publishers 0');
  });

  it('hears when its key is unknown, and no reader does', async () => {
    const { reader, port, metric } = await studio();
    const said = await push(port, { key: 'a-bad-key' }).ended;
    expect(said).toContain('This stream key is not known');
    expect(reader.heard).toEqual([]);
    expect(await metric('showrunner_ingest_refused_total')).toBe(
      'showrunner_ingest_refused_total{reason="unknown-key"} 1',
    );
  });

  it('is cut off when its show is switched off, and the show ends', async () => {
    const { reader, port, admission } = await studio();
    const { ended } = push(port, { seconds: 10 });
    await until(() => reader.tags.length > 10);
    admission.bar(refusal('disabled'));
    expect(reader.heard).toEqual(['started', 'stopped: disabled', 'ended: disabled']);
    expect(await ended).toContain('Broken pipe');
  });

  it('is replaced by a newer one, and the show goes on', async () => {
    const { reader, port, metric } = await studio();
    const first = push(port, { seconds: 10 });
    await until(() => reader.tags.length > 10);
    const second = push(port, { seconds: 1 });
    expect(await first.ended).toContain('Broken pipe');
    expect(await second.ended).toBe('');
    await until(() => reader.heard.length === 5);
    expect(reader.heard).toEqual(['started', 'stopped: replaced', 'started', 'stopped: dropped', 'ended: grace-over']);
    expect(await metric('showrunner_ingest_refused_total')).toContain('reason="replaced"} 1');
  });

  it('keeps its place where the show refuses takeovers', async () => {
    const { reader, port, metric } = await studio({ policy: { takeover: 'refuse' } });
    const first = push(port, { seconds: 3 });
    await until(() => reader.tags.length > 10);
    expect(await push(port).ended).toContain('this show does not let a second publisher take over');
    expect(await first.ended).toBe('');
    expect(await metric('showrunner_ingest_refused_total')).toContain('reason="already-publishing"} 1');
    expect(reader.heard).toEqual(['started', 'stopped: dropped']);
  });

  it('loses its place once it is half-dead, also where the show refuses takeovers, and comes back within the grace', async () => {
    const policy = { takeover: 'refuse', idleTimeoutMs: 400, reconnectGraceMs: 60_000 } as const;
    const { reader, port } = await studio({ policy });
    const frozen = push(port, { seconds: 10 });
    onTestFinished(() => void frozen.child.kill('SIGKILL'));
    await until(() => reader.tags.length > 10);
    frozen.child.kill('SIGSTOP');
    await until(() => reader.heard.length === 2);
    expect(await push(port, { seconds: 1 }).ended).toBe('');
    await until(() => reader.heard.length === 4);
    expect(reader.heard).toEqual(['started', 'stopped: idle', 'started', 'stopped: dropped']);
  });

  it('is held back until its key is checked, and loses nothing', async () => {
    const { reader, port, admission } = await studio();
    admission.slowDown(700);
    expect(await push(port, { seconds: 1 }).ended).toBe('');
    await until(() => reader.heard.length === 3);
    const frames = reader.tags.filter(({ type, payload }) => type === FLV_VIDEO && FRAMES.has(videoKind(payload)));
    expect(frames).toHaveLength(30);
  });

  it('who hangs up before it is let in holds no place', async () => {
    const { reader, port, admission, metric } = await studio({ policy: { takeover: 'refuse' } });
    admission.slowDown(600);
    const gone = push(port);
    await new Promise((resolve) => setTimeout(resolve, 400));
    gone.child.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(await push(port, { seconds: 1 }).ended).toBe('');
    await until(() => reader.heard.length >= 2);
    expect(reader.heard.slice(0, 2)).toEqual(['started', 'stopped: dropped']);
    expect(await metric('showrunner_ingest_publishers')).toBe('showrunner_ingest_publishers 0');
  });

  it('is hung up on for another codec, as for sound that nobody could play', async () => {
    const { reader, port, metric } = await studio();
    await push(port, { args: '-c:v libx264 -preset ultrafast -g 15 -ac 3 -channel_layout 2.1' }).ended;
    expect(reader.tags.filter(({ type }) => type === FLV_AUDIO)).toHaveLength(0);
    await push(port, { args: '-c:v flv1' }).ended;
    expect(await metric('showrunner_ingest_refused_total{reason="unsupported-video"}')).toMatch(/ 1$/);
    expect(await metric('showrunner_ingest_refused_total{reason="unsupported-channels"}')).toMatch(/ 1$/);
  });

  it('sends the same bytes and times as to our own engine', async () => {
    const [ours, theirs] = [recorder(), recorder()];
    const own = await startIngest({ admission: oneKey(), registry: new Registry() });
    const nginx = await startIngest({ admission: oneKey(), registry: new Registry(), create: createNginxIngest });
    onTestFinished(() => own.close());
    onTestFinished(() => nginx.close());
    own.source.subscribe(STREAM, ours);
    nginx.source.subscribe(STREAM, theirs);
    const args = '-c:v libx264 -preset veryfast -bf 2 -g 30 -flags bitexact -fflags bitexact';
    await Promise.all([push(own.rtmpPort, { args }).ended, push(nginx.rtmpPort, { args }).ended]);
    await until(() => ours.heard.length === 3 && theirs.heard.length === 3);
    for (const type of [FLV_VIDEO, FLV_AUDIO]) {
      const media = ({ tags }: typeof ours) =>
        tags
          .filter((tag) => tag.type === type)
          .map(({ timestamp, payload }) => `${timestamp} ${payload.toString('hex')}`);
      expect(media(theirs)).toEqual(media(ours));
    }
  });
});

describe('a stranger before nginx', () => {
  it('takes none of its memory, and is closed when its time is over', async () => {
    const { port, reader } = await studio({ config: { handshakeTimeoutMs: 3_000 } });
    const publisher = push(port, { seconds: 10 });
    await until(() => reader.tags.length > 10);
    const before = memoryMiB(nginxChildren()[0]!);
    const client = await RtmpClient.connect(port);
    onTestFinished(() => void client.socket.destroy());
    client.greet(Buffer.concat(Array.from({ length: 12 }, (_, index) => unfinishedMessage(3 + index))));
    // It goes on sending after its refusal, which may be lost for that; so may its end.
    await until(() => client.ended || client.socket.destroyed);
    expect(memoryMiB(nginxChildren()[0]!) - before).toBeLessThan(8);
    const idle = await RtmpClient.connect(port);
    onTestFinished(() => void idle.socket.destroy());
    idle.greet(Buffer.alloc(0));
    await until(() => idle.ended);
    expect(idle.statuses).toEqual(['NetStream.Failed: The connection took too long to begin publishing.']);
    expect(reader.heard).toEqual(['started']);
    publisher.child.kill('SIGKILL');
  });
});

describe('nginx', () => {
  it('comes back when it is killed, and so may the publisher; the show is one', async () => {
    const { reader, port, metric } = await studio({ policy: { reconnectGraceMs: 60_000 } });
    const first = push(port, { seconds: 10 });
    await until(() => reader.tags.length > 10);
    const [pid] = nginxChildren();
    process.kill(pid!, 'SIGKILL');
    await first.ended;
    await until(() => reader.heard.length === 2);
    await until(() => nginxChildren().length === 1);
    let said = 'not yet';
    for (let attempt = 0; attempt < 20 && said !== ''; attempt++) said = await push(port, { seconds: 1 }).ended;
    expect(said).toBe('');
    await until(() => reader.heard.length === 4);
    expect(reader.heard).toEqual(['started', 'stopped: dropped', 'started', 'stopped: dropped']);
    expect(await metric('showrunner_ingest_nginx_starts_total')).toBe('showrunner_ingest_nginx_starts_total 2');
  });

  it('ends with its ingest, whoever publishes, and leaves nothing behind', async () => {
    const { reader, port, ingest } = await studio();
    const { ended } = push(port, { seconds: 10 });
    await until(() => reader.tags.length > 10);
    await Promise.all([ingest.close(), ingest.close()]);
    expect(reader.heard).toEqual(['started', 'stopped: shutdown', 'ended: shutdown']);
    await ended;
    expect(nginxChildren()).toEqual([]);
  });

  it('counts what it receives', async () => {
    const { port, metric, reader } = await studio();
    const { ended } = push(port, { seconds: 3 });
    await until(() => reader.tags.length > 10);
    await ended;
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const received = Number((await metric('showrunner_ingest_received_bytes_total'))?.split(' ')[1]);
    const sent = reader.tags.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(received).toBeGreaterThan(sent);
    expect(received).toBeLessThan(sent * 1.2 + 20_000);
    expect(await metric('showrunner_ingest_nginx_dropped_messages_total')).toMatch(/ 0$/);
  });

  it('finds its port taken in words', async () => {
    const { port } = await studio();
    const again = startIngest({
      admission: oneKey(),
      registry: new Registry(),
      config: { port },
      create: createNginxIngest,
    });
    await expect(again).rejects.toThrow(`RTMP cannot listen on port ${port} of 127.0.0.1: another program uses it.`);
  });

  it('plays for nobody over TCP, not even by the name of the stream', async () => {
    const { port, reader } = await studio();
    const { ended } = push(port, { seconds: 3 });
    await until(() => reader.tags.length > 10);
    const probe = promisify(execFile)('ffprobe', [
      '-v',
      'error',
      '-rw_timeout',
      '1500000',
      `rtmp://127.0.0.1:${port}/live/a-good-key`,
    ]);
    await expect(probe).rejects.toThrow();
    await ended;
  });
});

/** The first two megabytes of a video message of almost eight. */
function unfinishedMessage(chunkStream: number): Buffer {
  const header = Buffer.alloc(12);
  header[0] = chunkStream;
  header.writeUIntBE((8 << 20) - 1, 4, 3);
  header[7] = 9;
  header.writeUInt32LE(1, 8);
  const chunk = Buffer.alloc(ANNOUNCED_CHUNK_BYTES, 1);
  const more = Array.from({ length: 31 }, () => [Buffer.of(0xc0 | chunkStream), chunk]).flat();
  return Buffer.concat([header, chunk, ...more]);
}

function memoryMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** The processes of nginx that this one has started. */
function nginxChildren(): number[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.map(Number).filter((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'nginx');
}
