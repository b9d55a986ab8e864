import type { NginxStat } from './nginx-stat.ts';

export interface NginxGrowth {
  readonly receivedBytes: number;
  readonly droppedMessages: number;
}

/** What has been counted since the statistics before: nginx counts from its start, and a stream's players from theirs. */
export function nginxGrowth(before: NginxStat | undefined, now: NginxStat): NginxGrowth {
  const same = before?.pid === now.pid ? before : undefined;
  let droppedMessages = 0;
  for (const [name, { dropped }] of now.streams) {
    droppedMessages += Math.max(0, dropped - (same?.streams.get(name)?.dropped ?? 0));
  }
  return { receivedBytes: Math.max(0, now.bytesIn - (same?.bytesIn ?? 0)), droppedMessages };
}
