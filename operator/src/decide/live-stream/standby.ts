import { durationMs, type LiveStream } from '@showrunner/crds';
import type { ObservedShow } from './decide-status.ts';

/** Pods of a planned show are started this long before. */
const EARLY_MS = 60_000;

export interface Standby {
  /** Whether pods should wait for a publisher. */
  readonly wanted: boolean;
  /** When that changes by itself, epoch ms. */
  readonly until?: number;
}

/**
 * Whether an enabled stream without a publisher has pods. A warm one has, until its show has ended; then, as for a cold one, they
 * stay for `idleAfter` after the show, after a knock, and around the planned start. `startedAt`: when its present pods were asked
 * for, which tells an operator that has just started of a knock.
 */
export function standbyOf(
  stream: LiveStream,
  seen: { show: ObservedShow | undefined; knockedAt: number | undefined; startedAt: number | undefined },
  now: number,
): Standby {
  const { standby, startAt } = stream.spec;
  const { show, knockedAt, startedAt } = seen;
  if (standby === 'warm' && !show) return { wanted: true };
  const idleAfter = durationMs(stream.spec.idleAfter);
  const planned = startAt === undefined ? undefined : Date.parse(startAt);
  // A show that ended after the plan was the planned one.
  const isAhead = planned !== undefined && planned > (show?.endedAt ?? 0);
  const uses = [show?.endedAt, knockedAt, startedAt].filter((time) => time !== undefined);
  const windows = uses.map((time) => [time, time + idleAfter] as const);
  if (isAhead) windows.push([planned - EARLY_MS, planned + idleAfter]);
  const open = windows.filter(([from, to]) => from <= now && now < to);
  if (open.length > 0) return { wanted: true, until: Math.max(...open.map(([, to]) => to)) };
  const next = windows.filter(([from]) => from > now).map(([from]) => from);
  return next.length > 0 ? { wanted: false, until: Math.min(...next) } : { wanted: false };
}
