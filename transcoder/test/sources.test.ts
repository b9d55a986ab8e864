import { afterEach, describe, expect, it } from 'vitest';
import type { FlvTag } from '@showrunner/service-kit';
import { irregular, makeClip, type ClipOptions } from './flv-clip.ts';
import { LiveRig } from './live-rig.ts';
import { readPlaylist } from './playlist-rules.ts';
import { probe, Viewer } from './viewer.ts';

let rig: LiveRig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** Plays tags second by second, a viewer looking in each time, to the end of the show. */
async function watch(tags: readonly FlvTag[], transcode: ConstructorParameters<typeof LiveRig>[0] = {}) {
  rig = await new LiveRig(transcode).start();
  const viewer = new Viewer(rig);
  rig.sink.publisherStarted();
  for (let i = 0; i < tags.length; i += 80) {
    rig.push(tags.slice(i, i + 80));
    if (rig.playableAfterS !== undefined) await viewer.look();
  }
  const live = await viewer.look();
  rig.sink.publisherStopped('closed');
  rig.sink.showEnded('closed');
  const final = await viewer.look();
  return { viewer, live, final };
}

function gaps(times: readonly number[]): { least: number; most: number } {
  const steps = times.slice(1).map((time, i) => time - times[i]!);
  return { least: Math.min(...steps), most: Math.max(...steps) };
}

describe('the source rendition of what publishers send', () => {
  const sources: [string, ClipOptions, { partTarget: number; firstPartS: number }][] = [
    ['24 fps', { seconds: 9, fps: 24 }, { partTarget: 0.212, firstPartS: 0.167 }],
    ['25 fps', { seconds: 9, fps: 25 }, { partTarget: 0.203, firstPartS: 0.16 }],
    ['30 fps with B-frames', { seconds: 9, fps: 30, bFrames: 3 }, { partTarget: 0.203, firstPartS: 0.167 }],
    ['60 fps', { seconds: 9, fps: 60 }, { partTarget: 0.203, firstPartS: 0.183 }],
    ['a keyframe a second', { seconds: 9, gop: 30 }, { partTarget: 0.203, firstPartS: 0.167 }],
    ['a keyframe every 250 frames', { seconds: 18, gop: 250 }, { partTarget: 0.203, firstPartS: 0.167 }],
  ];
  it.each(sources)('%s', async (_name, clip, { partTarget, firstPartS }) => {
    const { viewer, final } = await watch(makeClip(clip));
    const { fps = 30 } = clip;
    expect(viewer.broken).toEqual([]);
    expect(readPlaylist(final)).toMatchObject({ partTarget, targetDuration: 2, ended: true });
    expect(rig!.playableAfterS).toBeLessThan(firstPartS + 0.03);
    const media = probe(viewer.media());
    expect(media.complaints).toBe('');
    expect(media.frames).toBe(clip.seconds * fps);
    const { least, most } = gaps(media.videoTimes);
    expect(least).toBeGreaterThan(1 / fps - 0.001);
    expect(most).toBeLessThan(1 / fps + 0.001);
    expect(gaps(media.audioTimes).most).toBeLessThan(0.0214);
    expect(viewer.durations.reduce((sum, duration) => sum + duration, 0)).toBeCloseTo(clip.seconds, 2);
  });

  it('keyframes every second make segments of two seconds, independent throughout', async () => {
    const { viewer, final } = await watch(makeClip({ seconds: 7, gop: 30, audio: false }));
    expect(viewer.durations).toEqual([2, 2, 2, 1]);
    expect(final).toContain('#EXT-X-INDEPENDENT-SEGMENTS');
  });

  it('250 frames without a keyframe are cut after two seconds, and where the keyframe comes', async () => {
    const { viewer, live } = await watch(makeClip({ seconds: 12, gop: 250, audio: false }));
    expect(viewer.durations).toEqual([2, 2, 2, 2, 0.33333, 2, 1.66667]);
    expect(live).not.toContain('#EXT-X-INDEPENDENT-SEGMENTS');
    expect(readPlaylist(live).segments.find(({ duration }) => duration === 0.33333)).toBeDefined();
  });

  it('audio alone', async () => {
    const { viewer, final } = await watch(makeClip({ seconds: 7, video: false }));
    expect(viewer.broken).toEqual([]);
    const media = probe(viewer.media());
    expect(media.complaints).toBe('');
    expect(gaps(media.audioTimes).most).toBeLessThan(0.0214);
    expect(readPlaylist(final).partTarget).toBe(0.195);
    expect(final).toContain('#EXT-X-INDEPENDENT-SEGMENTS');
  });

  it('video alone', async () => {
    const { viewer } = await watch(makeClip({ seconds: 5, audio: false, bFrames: 2 }));
    expect(viewer.broken).toEqual([]);
    expect(probe(viewer.media())).toMatchObject({ complaints: '', frames: 150 });
  });

  it('parts of 100 ms', async () => {
    const { viewer, final } = await watch(makeClip({ seconds: 5 }), { partDuration: '100ms' });
    expect(viewer.broken).toEqual([]);
    expect(readPlaylist(final).partTarget).toBe(0.103);
    expect(rig!.playableAfterS).toBeLessThan(0.1);
  });

  it('latency standard: no parts, no blocking, whole segments', async () => {
    const { viewer, live } = await watch(makeClip({ seconds: 7 }), { latency: 'standard' });
    expect(viewer.broken).toEqual([]);
    expect(live).not.toMatch(/PART|CAN-BLOCK|PRELOAD/);
    expect(probe(viewer.media()).complaints).toBe('');
  });

  const odd: [string, (picture: number) => boolean][] = [
    ['every seventh', (picture) => picture % 7 === 0],
    ['every second for a while', (picture) => picture % 40 > 20 && picture % 2 === 0],
    ['two of three for a while', (picture) => picture % 60 > 25 && picture % 3 !== 0],
    ['a third of a second', (picture) => picture % 50 > 40],
  ];
  it.each(odd)('parts keep to PART-TARGET where pictures are missing: %s', async (_name, isMissing) => {
    const { viewer, final } = await watch(irregular(makeClip({ seconds: 8, gop: 60 }), isMissing));
    expect(viewer.broken).toEqual([]);
    expect(readPlaylist(final).partTarget).toBe(0.203);
    expect(viewer.durations.reduce((sum, duration) => sum + duration, 0)).toBeCloseTo(8, 1);
  });

  const successors: [string, ClipOptions][] = [
    ['24 fps', { seconds: 6, fps: 24 }],
    ['15 fps', { seconds: 6, fps: 15 }],
    ['12.5 fps', { seconds: 6, fps: 12.5, gop: 25 }],
    ['50 fps', { seconds: 6, fps: 50 }],
    ['sound alone', { seconds: 6, video: false }],
  ];
  it.each(successors)('parts keep to PART-TARGET where %s follow 30', async (_name, clip) => {
    rig = await new LiveRig().start();
    const viewer = new Viewer(rig);
    for (const tags of [makeClip({ seconds: 4 }), makeClip(clip)]) {
      rig.sink.publisherStarted();
      rig.push(tags);
      await viewer.look();
      rig.sink.publisherStopped('replaced');
    }
    rig.sink.showEnded('closed');
    await viewer.look();
    expect(viewer.broken).toEqual([]);
  });
});
