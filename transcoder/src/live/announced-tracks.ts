import type { Track } from '../packager/media-sample.ts';

/**
 * The tracks that an onMetaData script tag announces (FLV specification, annex E.5): a publisher names the codec of
 * each. `undefined` where it names none.
 */
export function announcedTracks(script: Buffer): ReadonlySet<Track> | undefined {
  const tracks = new Set<Track>();
  if (script.includes('videocodecid')) tracks.add('video');
  if (script.includes('audiocodecid')) tracks.add('audio');
  return tracks.size > 0 ? tracks : undefined;
}
