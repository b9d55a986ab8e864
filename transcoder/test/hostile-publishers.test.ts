import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HandMadeStream, picture, pictureTag, videoHeaderTag } from './hand-made-h264.ts';
import { LiveRig } from './live-rig.ts';
import { readPlaylist } from './playlist-rules.ts';

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
