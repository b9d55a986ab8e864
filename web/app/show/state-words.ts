import type { LiveStreamView } from '../api/live-stream-feed.ts';
import { ago, duration, moment } from '../words/times.ts';

/** The state of a show in a few words, without its title. `now` in Unix ms, on the server's clock. */
export function stateWords({ phase, startAt, startedAt, endedAt }: LiveStreamView, now: number): string {
  const since = (date: string) => (now - Date.parse(date)) / 1000;
  const planned = startAt === undefined ? undefined : Date.parse(startAt);
  switch (phase) {
    case 'Live':
      return startedAt === undefined ? 'On air' : `On air for ${duration(since(startedAt))}`;
    case 'Reconnecting':
      return 'Paused, coming back';
    case 'Failed':
      return 'Cannot be shown right now';
    case 'Pending':
    case 'Ready':
    case 'Ended':
      if (planned !== undefined && planned > now) return `Starts ${moment(planned, now)}`;
      return endedAt === undefined ? 'Not live yet' : `Ended ${ago(since(endedAt))}`;
  }
}
