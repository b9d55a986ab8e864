import { onTestFinished } from 'vitest';
import { makeClip } from './flv-clip.ts';
import { LiveRig } from './live-rig.ts';
import { readPlaylist } from './playlist-rules.ts';

const clip = makeClip({ seconds: 8, size: '160x90' });
export const until = (ms: number) => clip.filter(({ timestamp }) => timestamp < ms);
export const between = (from: number, to: number) =>
  clip.filter(({ timestamp }) => timestamp >= from && timestamp < to);

/** A transcoder whose show has been on air for 4.7 seconds; it is closed when the test is over. */
export async function showOnAir(transcode?: ConstructorParameters<typeof LiveRig>[0]): Promise<LiveRig> {
  const live = await new LiveRig(transcode).start();
  onTestFinished(() => live.close());
  live.sink.publisherStarted();
  live.push(until(4_700));
  return live;
}

/** The query for the part after the newest one. */
export async function nextPart(live: LiveRig): Promise<string> {
  const { segments, openParts } = readPlaylist(await live.text('source/playlist.m3u8'));
  return `_HLS_msn=${segments.at(-1)!.msn + 1}&_HLS_part=${openParts.length}`;
}
