import type { LiveStreamView } from '../api/live-stream-feed.ts';

export interface HomeSections {
  readonly live: LiveStreamView[];
  readonly upcoming: LiveStreamView[];
  readonly ended: LiveStreamView[];
}

/**
 * Who is live, the newest show first; what is planned, soonest first; what is over,
 * latest first. A stream without a plan that never ran is on none.
 */
export function homeSections(streams: Iterable<LiveStreamView>, now: number): HomeSections {
  const live: LiveStreamView[] = [];
  const upcoming: LiveStreamView[] = [];
  const ended: LiveStreamView[] = [];
  for (const stream of streams) {
    if (stream.phase === 'Live' || stream.phase === 'Reconnecting') live.push(stream);
    else if (time(stream.startAt) > now) upcoming.push(stream);
    else if (stream.endedAt !== undefined) ended.push(stream);
  }
  live.sort((a, b) => time(b.startedAt) - time(a.startedAt));
  upcoming.sort((a, b) => time(a.startAt) - time(b.startAt));
  ended.sort((a, b) => time(b.endedAt) - time(a.endedAt));
  return { live, upcoming, ended };
}

function time(date: string | undefined): number {
  return date === undefined ? 0 : Date.parse(date);
}
