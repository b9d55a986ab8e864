import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { makeClip } from './flv-clip.ts';
import { LiveRig } from './live-rig.ts';
import { brokenRules, readPlaylist } from './playlist-rules.ts';
import { probe, Viewer } from './viewer.ts';

/** It gives nothing, and a program of its own keeps the pipes open: ending it must end both. */
const SLOW_FFMPEG = fileURLToPath(new URL('slow-ffmpeg.sh', import.meta.url));

let rig: LiveRig;
afterEach(() => rig.close());

it('an encoded rendition has the segments of the source: numbers, times and discontinuities', async () => {
  const clip = makeClip({ seconds: 7, size: '854x480', gop: 60, bFrames: 2 });
  rig = await new LiveRig({ ladder: '360p' }).start();
  rig.sink.publisherStarted();
  const started = Date.now();
  for (const tag of clip) {
    const ahead = tag.timestamp - (Date.now() - started);
    if (ahead > 5) await sleep(ahead);
    rig.push([tag]);
  }
  await sleep(1500);
  rig.sink.showEnded('closed');
  const master = await rig.text('master.m3u8');
  const [source, encoded] = [new Viewer(rig), new Viewer(rig, '360p')];
  const [a, b] = [readPlaylist(await source.look()), readPlaylist(await encoded.look())];
  expect(master).toContain('\n360p/playlist.m3u8\n');
  expect(await rig.text('360p/playlist.m3u8')).toContain('#EXT-X-ENDLIST');
  expect(encoded.broken).toEqual([]);
  const shape = ({ segments }: typeof a) =>
    segments.slice(0, 3).map(({ msn, date, discontinuity }) => ({ msn, date, discontinuity }));
  expect(shape(b)).toEqual(shape(a));
  expect(b.segments.slice(0, 3).map(({ duration }) => duration)).toEqual([2, 2, 2]);
  const [ours, theirs] = [probe(source.media()), probe(encoded.media())];
  expect(theirs.complaints).toBe('');
  expect(theirs.videoTimes[0]).toBeCloseTo(ours.videoTimes[0]!, 2);
  expect(theirs.frames).toBeGreaterThan(200);
}, 30_000);

it('reports tell where the other renditions stand', async () => {
  const clip = makeClip({ seconds: 3, size: '854x480' });
  rig = await new LiveRig({ ladder: '360p' }).start();
  rig.sink.publisherStarted();
  const started = Date.now();
  for (const tag of clip) {
    const ahead = tag.timestamp - (Date.now() - started);
    if (ahead > 5) await sleep(ahead);
    rig.push([tag]);
  }
  const encoded = await rig.text('360p/playlist.m3u8');
  expect(brokenRules(encoded)).toEqual([]);
  expect(encoded).toMatch(/#EXT-X-RENDITION-REPORT:URI="\.\.\/source\/playlist\.m3u8",LAST-MSN=\d+,LAST-PART=\d+\n/);
}, 30_000);

it('that have nothing yet are waited for a moment, as long as the source plays', async () => {
  rig = await new LiveRig({ ladder: '360p' }, SLOW_FFMPEG).start();
  rig.sink.publisherStarted();
  rig.push(makeClip({ seconds: 1, size: '854x480' }));
  expect(await rig.text('master.m3u8')).toContain('360p/playlist.m3u8');
  const waiting = rig.fetch('360p/playlist.m3u8');
  await sleep(300);
  rig.nowMs += 2_000;
  expect((await waiting).status).toBe(503);
});

it('are not on the master playlist where there is no ffmpeg, and nobody waits for them', async () => {
  const clip = makeClip({ seconds: 1, size: '854x480' });
  rig = await new LiveRig({ ladder: '480p' }, '/nowhere/ffmpeg').start();
  rig.sink.publisherStarted();
  rig.push(clip.filter(({ timestamp }) => timestamp < 100));
  const waiting = rig.fetch('360p/playlist.m3u8');
  await sleep(100);
  rig.push(clip.filter(({ timestamp }) => timestamp >= 100));
  expect((await waiting).status).toBe(404);
  expect((await rig.text('master.m3u8')).match(/^.*\.m3u8$/gm)).toEqual(['source/playlist.m3u8']);
  expect(brokenRules(await rig.text('source/playlist.m3u8'))).toEqual([]);
});
