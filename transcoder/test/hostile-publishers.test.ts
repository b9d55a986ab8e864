import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeClip } from './flv-clip.ts';
import {
  type HandMadeStream,
  picture,
  pictureTag,
  soundHeaderTag,
  soundTag,
  videoHeaderTag,
} from './hand-made-h264.ts';
import { LiveRig } from './live-rig.ts';
import { readPlaylist } from './playlist-rules.ts';
import { probe, Viewer } from './viewer.ts';

let rig: LiveRig;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  rig = await new LiveRig({ ladder: 'none' }).start();
  rig.sink.publisherStarted();
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.close();
});

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    rig.nowMs += 10;
    await vi.advanceTimersByTimeAsync(10);
  }
}

function sendPictures(stream: HandMadeStream, { from = 0, count = 40, everyMs = 1000 / 30, gop = 60 } = {}): void {
  for (let i = 0; i < count; i++) {
    const idr = i % gop === 0;
    rig.nowMs += everyMs;
    rig.sink.tag(pictureTag(Math.round(from + i * everyMs), idr, picture(stream, { idr, frameNum: i % gop })));
  }
}

describe('a publisher with parameter sets that mean harm', () => {
  it('cannot make frames shorter than they can be by a clock of four thousand million ticks', async () => {
    const timeScale = 2 ** 32 - 1;
    for (const [i, initialQp] of [26, 27, 28].entries()) {
      rig.sink.tag(videoHeaderTag({ timeScale, initialQp }, i * 1500));
      sendPictures({ timeScale }, { from: i * 1500, everyMs: 1, count: 1500 });
    }
    rig.sink.publisherStopped('closed');
    await pass(600);
    expect(await rig.text('master.m3u8')).toMatch(/FRAME-RATE=300\.000/);
    const { partTarget, segments, openParts } = readPlaylist(await rig.text('source/playlist.m3u8'));
    expect(partTarget).toBeGreaterThan(0.19);
    expect([...segments, ...openParts].reduce((sum, { duration }) => sum + duration, 0)).toBeLessThan(6);
  });

  it('cannot begin more than one segment a second by changing them', async () => {
    for (let i = 0; i < 300; i++) {
      const stream = { initialQp: 20 + (i % 2) };
      rig.sink.tag(videoHeaderTag(stream, i * 33));
      sendPictures(stream, { from: i * 33, count: 1 });
    }
    const { segments } = readPlaylist(await rig.text('source/playlist.m3u8'));
    expect(segments.length).toBeLessThanOrEqual(10);
  });
});

describe('a publisher whose media means harm', () => {
  it('can be played although only its sound goes on after one picture', async () => {
    rig.sink.tag(videoHeaderTag());
    rig.sink.tag(soundHeaderTag());
    sendPictures({}, { count: 1 });
    for (let stamp = 0; stamp < 3000; stamp += 21) {
      rig.sink.tag(soundTag(stamp));
      await pass(20);
    }
    expect(rig.playableAfterS).toBeLessThan(0.7);
    const { partTarget, segments } = readPlaylist(await rig.text('source/playlist.m3u8'));
    expect([partTarget, segments.length]).toEqual([0.203, 1]);
  });

  it('cannot have a picture displayed hours after the others', async () => {
    const viewer = new Viewer(rig);
    const clip = makeClip({ seconds: 5, audio: false });
    const late = clip.find(({ type, timestamp, payload }) => type === 9 && timestamp >= 2000 && payload[0] === 0x17)!;
    const payload = Buffer.from(late.payload);
    payload.writeIntBE(8_388_607, 2, 3);
    rig.push(clip.map((tag) => (tag === late ? { ...tag, payload } : tag)));
    rig.sink.showEnded('closed');
    await viewer.look();
    const { videoTimes } = probe(viewer.media());
    expect(videoTimes.length).toBe(149);
    expect(videoTimes.at(-1)).toBeLessThan(7);
  });
});
