import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FlvTag } from '@showrunner/service-kit';
import { irregular, makeClip } from './flv-clip.ts';
import { LiveRig } from './live-rig.ts';
import { readPlaylist } from './playlist-rules.ts';
import { probe, Viewer } from './viewer.ts';

let rig: LiveRig;
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(async () => {
  vi.useRealTimers();
  await rig.close();
});

const clip = makeClip({ seconds: 6, gop: 30 });
const shifted = (tags: readonly FlvTag[], by: (stamp: number) => number): FlvTag[] =>
  tags.map((tag) => ({ ...tag, timestamp: by(tag.timestamp) >>> 0 }));
const media = clip.filter(({ type }) => type !== 18);
const headers = clip.slice(0, 3);

/** Lets time pass with nobody publishing, and says how far behind the wall clock the playlist's end ever was. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    rig.nowMs += 10;
    await vi.advanceTimersByTimeAsync(10);
  }
}

async function edge(viewer: Viewer): Promise<number> {
  const { segments, openParts } = readPlaylist(await viewer.look());
  const start = segments[0]!.date;
  const seconds = [...segments, ...openParts].reduce((sum, { duration }) => sum + duration, 0);
  return start + seconds * 1000;
}

describe('a publisher that stops for a while', () => {
  it('is bridged in time, and comes back at a keyframe with a discontinuity', async () => {
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    rig.sink.publisherStarted();
    rig.push(clip.filter(({ timestamp }) => timestamp < 3000));
    await viewer.look();
    rig.sink.publisherStopped('dropped');
    for (let i = 0; i < 20; i++) {
      await pass(100);
      // A viewer in time has three parts: the end of the playlist must never lie that far behind.
      expect(rig.nowMs - (await edge(viewer))).toBeLessThan(600);
    }
    rig.sink.publisherStarted();
    const returned = rig.nowMs;
    rig.push(clip.filter(({ timestamp }) => timestamp < 3000));
    const { segments } = readPlaylist(await viewer.look());
    const discontinuity = segments.find((segment) => segment.discontinuity);
    expect(viewer.broken).toEqual([]);
    expect(Math.abs(discontinuity!.date - returned)).toBeLessThan(100);
    expect(segments.filter((segment) => segment.discontinuity)).toHaveLength(1);
    rig.sink.showEnded('closed');
    await viewer.look();
    const probed = probe(viewer.media());
    expect(probed.complaints).toBe('');
    const steps = probed.videoTimes.slice(1).map((time, i) => time - probed.videoTimes[i]!);
    expect(Math.max(...steps)).toBeLessThan(0.25);
    expect(probed.videoTimes.at(-1)! - probed.videoTimes[0]!).toBeCloseTo(8, 0);
  });

  it('lets newcomers in meanwhile: each second or so a part decodes by itself, to the picture that stands', async () => {
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    rig.sink.publisherStarted();
    rig.push(clip.filter(({ timestamp }) => timestamp < 2800));
    rig.sink.publisherStopped('dropped');
    await pass(9000);
    const { segments, openParts } = readPlaylist(await viewer.look());
    const parts = [...segments.flatMap((segment) => segment.parts), ...openParts];
    const between = parts.flatMap(({ independent }, index) => (independent ? [index] : []));
    expect(between.length).toBeGreaterThanOrEqual(5);
    for (const [i, index] of between.slice(1).entries()) expect(index - between[i]!).toBeLessThanOrEqual(6);
    rig.sink.showEnded('closed');
    await viewer.look();
    expect(viewer.broken).toEqual([]);
    expect(probe(viewer.media()).complaints).toBe('');
  });

  it('needs nothing made up where the next one takes over at once', async () => {
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    rig.sink.publisherStarted();
    rig.push(clip.filter(({ timestamp }) => timestamp < 2500));
    rig.sink.publisherStopped('replaced');
    rig.sink.publisherStarted();
    rig.push(shifted(clip, (stamp) => stamp + 77_000));
    rig.sink.showEnded('closed');
    await viewer.look();
    const probed = probe(viewer.media());
    expect(viewer.broken).toEqual([]);
    expect(probed.complaints).toBe('');
    expect(probed.frames).toBe(75 + 180);
  });

  it('stays playable when its media comes late in a burst', async () => {
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    rig.sink.publisherStarted();
    rig.push(clip.filter(({ timestamp }) => timestamp < 2500));
    await pass(1500);
    rig.push(media.filter(({ timestamp }) => timestamp >= 2500));
    rig.sink.showEnded('closed');
    await viewer.look();
    expect(viewer.broken).toEqual([]);
    const steps = probe(viewer.media()).videoTimes.map((time, i, all) => time - (all[i - 1] ?? time));
    expect(Math.max(...steps)).toBeLessThan(0.3);
  });
});

describe('a hiccup on one connection', () => {
  /** Plays tags in real time by both clocks, as a publisher does. */
  async function live(tags: readonly FlvTag[]): Promise<void> {
    for (const [i, tag] of tags.entries()) {
      const ahead = tag.timestamp - (tags[i - 1]?.timestamp ?? tag.timestamp);
      if (ahead > 0) {
        rig.nowMs += ahead;
        await vi.advanceTimersByTimeAsync(ahead);
      }
      rig.sink.tag(tag);
    }
  }
  const sources = [
    ['without B-frames', 0],
    ['with B-frames', 2],
  ] as const;
  it.each(sources)('%s goes on at once where the burst ends, without a keyframe', async (_name, bFrames) => {
    const long = makeClip({ seconds: 8, gop: 300, bFrames });
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    rig.sink.publisherStarted();
    await live(long.filter(({ timestamp }) => timestamp < 3000));
    await viewer.look();
    await pass(1500);
    for (const tag of long) if (tag.timestamp >= 3000 && tag.timestamp < 4500) rig.sink.tag(tag);
    await live(long.filter(({ timestamp }) => timestamp >= 4500));
    const before = rig.nowMs;
    expect(Math.abs(before - (await edge(viewer)))).toBeLessThan(250);
    rig.sink.showEnded('closed');
    const { segments } = readPlaylist(await viewer.look());
    expect(viewer.broken).toEqual([]);
    expect(segments.filter(({ discontinuity }) => discontinuity)).toEqual([]);
    const { complaints, videoTimes, audioTimes } = probe(viewer.media());
    expect(complaints).toBe('');
    const steps = videoTimes.slice(1).map((time, i) => time - videoTimes[i]!);
    expect(Math.min(...steps)).toBeGreaterThan(0);
    expect(Math.max(...steps)).toBeLessThan(0.25);
    const sounds = audioTimes.slice(1).map((time, i) => time - audioTimes[i]!);
    expect(Math.max(...sounds)).toBeLessThan(0.03);
    expect(videoTimes.at(-1)! - videoTimes[0]!).toBeCloseTo(8, 0);
    // Decoders saw every picture that was sent: the hundred and more since the keyframe all at once.
    const glimpses = steps.filter((step) => step < 0.001).length;
    expect(glimpses).toBeGreaterThan(100);
    const entries = segments.slice(1).flatMap(({ parts }) => parts.filter(({ independent }) => independent));
    expect(entries).toHaveLength(1);
  });

  it('goes on later where the publisher stays late', async () => {
    const long = makeClip({ seconds: 8, gop: 300 });
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    rig.sink.publisherStarted();
    await live(long.filter(({ timestamp }) => timestamp < 3000));
    await pass(1500);
    await live(long.filter(({ timestamp }) => timestamp >= 3000));
    rig.sink.showEnded('closed');
    await viewer.look();
    expect(viewer.broken).toEqual([]);
    const { complaints, videoTimes } = probe(viewer.media());
    expect(complaints).toBe('');
    expect(videoTimes.at(-1)! - videoTimes[0]!).toBeCloseTo(9.5, 0);
  });
});

describe('dates', () => {
  it('follow the durations where frames come irregularly, across a splice too', async () => {
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    const jerky = irregular(clip, (picture) => picture % 7 === 0 || picture % 60 > 53 || picture % 60 < 2);
    for (const reason of ['replaced', 'dropped'] as const) {
      rig.sink.publisherStarted();
      rig.push(jerky);
      await viewer.look();
      rig.sink.publisherStopped(reason);
    }
    await pass(700);
    rig.sink.publisherStarted();
    const returned = rig.nowMs;
    rig.push(jerky);
    const { segments } = readPlaylist(await viewer.look());
    expect(viewer.broken).toEqual([]);
    expect(segments.filter(({ discontinuity }) => discontinuity)).toHaveLength(2);
    const last = segments.findLast(({ discontinuity }) => discontinuity)!;
    expect(Math.abs(last.date - returned)).toBeLessThan(100);
  });

  it('stay with the wall clock through a long silence on one connection, and never go back', async () => {
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    rig.sink.publisherStarted();
    rig.push(irregular(clip.filter(({ timestamp }) => timestamp < 2500)));
    for (let i = 0; i < 6; i++) {
      await pass(2000);
      expect(Math.abs(rig.nowMs - (await edge(viewer)))).toBeLessThan(400);
    }
    rig.push(media.filter(({ timestamp }) => timestamp >= 2500));
    expect(Math.abs(rig.nowMs - (await edge(viewer)))).toBeLessThan(600);
    expect(viewer.broken).toEqual([]);
  });
});

describe('a wall clock that is set', () => {
  it.each([8 * 3_600_000, -3_600_000])('by %i ms lets the show go on as if nothing were', async (stepMs) => {
    rig = await new LiveRig().start();
    rig.sink.publisherStarted();
    rig.push(clip.filter(({ timestamp }) => timestamp < 3000));
    const viewer = new Viewer(rig);
    const before = await edge(viewer);
    rig.setForwardMs = stepMs;
    await pass(1000);
    expect((await edge(viewer)) - before).toBeGreaterThan(700);
    expect((await edge(viewer)) - before).toBeLessThan(1400);
    expect(viewer.broken).toEqual([]);
  });
});

describe('stamps that misbehave', () => {
  const cases: [string, (stamp: number) => number, { discontinuities: number }][] = [
    ['wrap at 2^32', (stamp) => 0xffffffff - 3100 + stamp, { discontinuities: 0 }],
    ['jump forward by an hour', (stamp) => (stamp < 3000 ? stamp : stamp + 3_600_000), { discontinuities: 1 }],
    ['jump back to zero', (stamp) => (stamp < 3000 ? stamp + 50_000 : stamp - 3000), { discontinuities: 1 }],
    ['step back by half a second', (stamp) => (stamp < 3000 ? stamp : stamp - 500), { discontinuities: 0 }],
  ];
  it.each(cases)('%s', async (_name, by, { discontinuities }) => {
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    rig.sink.publisherStarted();
    rig.push([...headers, ...shifted(clip.slice(3), by)]);
    rig.sink.showEnded('closed');
    const playlist = readPlaylist(await viewer.look());
    expect(viewer.broken).toEqual([]);
    expect(playlist.segments.filter((segment) => segment.discontinuity)).toHaveLength(discontinuities);
    const probed = probe(viewer.media());
    expect(probed.complaints).toBe('');
    expect(probed.frames).toBe(180);
    const steps = probed.videoTimes.slice(1).map((time, i) => time - probed.videoTimes[i]!);
    expect(Math.max(...steps)).toBeLessThan(0.1);
    expect(viewer.durations.reduce((sum, duration) => sum + duration, 0)).toBeCloseTo(6, 0);
  });
});

describe('sequence headers that change in mid-show', () => {
  it('begin a discontinuity with an initialization segment of its own', async () => {
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    rig.sink.publisherStarted();
    rig.push(clip);
    rig.push(shifted(makeClip({ seconds: 4, size: '640x360', fps: 30 }), (stamp) => stamp + 6000));
    rig.sink.showEnded('closed');
    const playlist = readPlaylist(await viewer.look());
    expect(viewer.broken).toEqual([]);
    expect(playlist.segments.map(({ discontinuity }) => discontinuity)).toEqual([false, false, false, true, false]);
    expect(viewer.stretches.map(({ map }) => map)).toHaveLength(2);
    expect(probe(viewer.media(0))).toMatchObject({ complaints: '', frames: 180 });
    expect(probe(viewer.media(1))).toMatchObject({ complaints: '', frames: 120 });
    expect(await rig.text('master.m3u8')).toContain('RESOLUTION=640x360');
  });

  it('may take a track away', async () => {
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    rig.sink.publisherStarted();
    rig.push(clip);
    rig.sink.publisherStopped('closed');
    rig.sink.publisherStarted();
    rig.push(makeClip({ seconds: 4, video: false }));
    rig.sink.showEnded('closed');
    await viewer.look();
    expect(viewer.broken).toEqual([]);
    expect(probe(viewer.media(1)).complaints).toBe('');
  });
});
