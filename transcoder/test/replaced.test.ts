import { afterEach, expect, it } from 'vitest';
import { firstNumbers } from '../src/live/first-numbers.ts';
import { makeClip } from './flv-clip.ts';
import { LiveRig } from './live-rig.ts';
import { brokenRules, readPlaylist, type ReadPlaylist } from './playlist-rules.ts';

const clip = makeClip({ seconds: 8, size: '160x90' });
const oneGop = makeClip({ seconds: 6, size: '160x90', gop: 250 });
const rigs: LiveRig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

async function transcoder(nowMs?: number, transcode: ConstructorParameters<typeof LiveRig>[0] = {}): Promise<LiveRig> {
  const rig = await new LiveRig(transcode, 'ffmpeg', nowMs).start();
  rigs.push(rig);
  return rig;
}

async function playlistOf(rig: LiveRig): Promise<ReadPlaylist> {
  const text = await rig.text('source/playlist.m3u8');
  expect(brokenRules(text)).toEqual([]);
  return readPlaylist(text);
}

/** Numbers of the first segment, as a player counts them. */
const numbers = ({ mediaSequence, discontinuitySequence, segments }: ReadPlaylist) => ({
  msn: mediaSequence,
  discontinuity: discontinuitySequence + (segments[0]!.discontinuity ? 1 : 0),
});

it('a transcoder that takes a running show over goes on with higher numbers, a discontinuity and later dates', async () => {
  const first = await transcoder();
  const onAirSince = first.nowMs;
  first.sink.publisherStarted(onAirSince);
  first.push(clip.filter(({ timestamp }) => timestamp < 4_000));
  // Its publisher comes and goes, each time a discontinuity.
  for (let times = 0; times < 3; times++) {
    first.sink.publisherStopped('dropped');
    first.sink.publisherStarted(onAirSince);
    first.push(clip.filter(({ timestamp }) => timestamp < 1_000));
  }
  const before = await playlistOf(first);
  const second = await transcoder(first.nowMs + 2_000);
  second.sink.publisherStarted(onAirSince);
  second.push(clip);
  const after = await playlistOf(second);

  expect(before.segments[0]!.discontinuity).toBe(false);
  // The third one's segment is not complete.
  expect(before.segments.filter(({ discontinuity }) => discontinuity)).toHaveLength(2);
  const [start, goesOn] = [numbers(before), numbers(after)];
  expect(after.segments[0]!.discontinuity).toBe(true);
  expect(goesOn.msn).toBeGreaterThan(before.segments.at(-1)!.msn + 1);
  expect(goesOn.discontinuity).toBeGreaterThan(start.discontinuity + 3);
  expect(after.segments[0]!.date).toBeGreaterThan(before.segments.at(-1)!.date);
});

it.each([1, 2])(
  'a transcoder that dies at once after a replay has used no number of the next, segments of %i s',
  async (seconds) => {
    const replayed = async (nowMs?: number) => {
      const rig = await transcoder(nowMs, { segmentDuration: `${seconds}s` });
      rig.sink.publisherStarted(rig.nowMs - 60_000, 5_000);
      for (const tag of oneGop) if (tag.timestamp < 5_000) rig.sink.tag(tag);
      return rig;
    };
    const first = await replayed();
    const last = (await playlistOf(first)).segments.at(-1)!.msn;
    const second = await replayed(first.nowMs + 1_000);
    // One more is open already.
    expect((await playlistOf(second)).mediaSequence).toBeGreaterThan(last + 1);
  },
);

it('a transcoder that is replayed what came before it dates it back to then', async () => {
  const rig = await transcoder();
  const cameMs = rig.nowMs - 3_000;
  rig.sink.publisherStarted(cameMs - 60_000, 3_000);
  // All at once, then as they come.
  for (const tag of oneGop) if (tag.timestamp < 3_000) rig.sink.tag(tag);
  rig.push(oneGop.filter(({ timestamp }) => timestamp >= 3_000));
  const { segments } = await playlistOf(rig);
  expect(segments[0]!.date).toBe(cameMs);
  const listedS = segments.reduce((sum, { duration }) => sum + duration, 0);
  expect(cameMs + 1000 * listedS).toBeLessThanOrEqual(rig.nowMs);
});

it('players that ask for what comes after their last part wait for the first one of the transcoder that took over', async () => {
  const rig = await transcoder();
  const onAirSince = rig.nowMs - 60_000;
  rig.sink.publisherStarted(onAirSince);
  rig.push(clip.filter(({ timestamp }) => timestamp < 100));
  const former = firstNumbers(onAirSince, undefined).msn;
  const asked = rig.text(`source/playlist.m3u8?_HLS_msn=${former}&_HLS_part=4`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  rig.push(clip.filter(({ timestamp }) => timestamp >= 100 && timestamp < 400));
  const playlist = await asked;
  expect(brokenRules(playlist)).toEqual([]);
  expect(readPlaylist(playlist).openParts.length).toBeGreaterThan(0);
});

it('a show that begins while the transcoder is there has nothing to continue', async () => {
  const rig = await transcoder();
  rig.nowMs += 5_000;
  rig.sink.publisherStarted(rig.nowMs);
  rig.push(clip);
  const playlist = await playlistOf(rig);
  expect(playlist.segments[0]!.discontinuity).toBe(false);
});

it('a transcoder that leaves does not end the playlist', async () => {
  const rig = await transcoder();
  rig.sink.publisherStarted(rig.nowMs);
  rig.push(clip);
  expect(rig.transcoder.state({ namespace: 'default', name: 'live' })).toMatchObject({ show: 'running' });
  await rig.transcoder.leave();
  expect((await playlistOf(rig)).ended).toBe(false);
});

it('says how its show stands', async () => {
  const rig = await transcoder();
  const stream = { namespace: 'default', name: 'live' };
  expect(rig.transcoder.state({ namespace: 'default', name: 'other' })).toBe(undefined);
  expect(rig.transcoder.state(stream)).toEqual({ show: 'none' });
  rig.sink.publisherStarted(rig.nowMs);
  rig.push(clip);
  const firstMediaSeconds = rig.playableAfterS;
  expect(rig.transcoder.state(stream)).toEqual({ show: 'running', firstMediaSeconds, encoderFailing: false });
  expect(rig.transcoder.sinceEndMs(stream)).toBe(Infinity);
  rig.sink.showEnded('closed');
  expect(rig.transcoder.state(stream)).toEqual({ show: 'ended', firstMediaSeconds });
  rig.nowMs += 2_000;
  expect(rig.transcoder.sinceEndMs(stream)).toBe(2_000);
});
