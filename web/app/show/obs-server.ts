import type { LiveStreamView } from '../api/live-stream-feed.ts';

/**
 * What to type into the Server field of OBS, as streams tell it; a server that calls itself localhost is on the machine
 * that the page came from. Undefined while no stream tells one.
 */
export function obsServer(streams: Iterable<LiveStreamView>, hostname: string): string | undefined {
  for (const { ingest } of streams) {
    if (ingest)
      return ingest.server.replace(/^(rtmps?:\/\/)localhost(?=[:/])/, (_all, scheme: string) => scheme + hostname);
  }
  return undefined;
}
