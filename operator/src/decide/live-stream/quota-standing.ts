import type { LiveStream } from '@showrunner/crds';
import type { QuotaRefusal } from '../objects/quota.ts';
import type { Standing, Turn } from '../objects/quota-line.ts';
import type { ComponentState } from './component-state.ts';
import { COMPONENTS } from './object-names.ts';
import type { StreamObjects } from './observed-live-stream.ts';
import type { PodsNeeded } from './pods-needed.ts';

/** For so long Kubernetes may find room for a pod that a quota refuses: one that ends may be about to make some. */
export const GIVE_BACK_AFTER_MS = 3_000;

export interface QuotaStanding {
  readonly standing: Standing;
  /** What a quota refuses, now or when it was last asked. */
  readonly refused?: QuotaRefusal;
}

/**
 * How a stream stands with the quotas of its namespace. One that gets only a part of its pods is of no use to anybody: unless
 * somebody is there, it gives back what it holds and waits.
 */
export function quotaStanding(
  stream: LiveStream,
  given: {
    readonly needed: PodsNeeded;
    readonly isBusy: boolean;
    readonly turn: Turn;
    /** Since when a quota has refused it a pod without interruption, epoch ms. */
    readonly lackingSince: number | undefined;
    readonly states: readonly ComponentState[];
    readonly pods: StreamObjects['pods'];
  },
  now: number,
): QuotaStanding {
  const { needed, isBusy, turn, lackingSince = now, states, pods } = given;
  const hasAll = COMPONENTS.every((component) =>
    pods[component].some(({ finished, deleting }) => !finished && !deleting),
  );
  if (needed !== 'wanted' || hasAll) return { standing: 'enough' };
  const lack = states.map(({ quota }) => quota).find((quota) => quota?.kind === 'exhausted');
  const refused = lack ?? (turn === 'open' ? undefined : toldRefusal(stream));
  const asked = (standing: Standing) => ({ standing, ...(refused ? { refused } : {}) });
  if (isBusy) return { standing: lack ? 'lacking' : 'pending' };
  if (turn === 'wait') return asked('waiting');
  if (lack) return asked(now - lackingSince < GIVE_BACK_AFTER_MS ? 'lacking' : 'waiting');
  // What keeps it from its pods is not a matter of room.
  if (states.some(({ reason }) => reason === 'PodRefused' || reason === 'QuotaExceeded')) return { standing: 'enough' };
  return asked('pending');
}

/** What the status says of a quota, which holds until a stream has all of its pods. */
export function toldRefusal({ status }: LiveStream): QuotaRefusal | undefined {
  const told = status.conditions?.find(({ type }) => type === 'QuotaExceeded');
  return told?.status === 'True' && told.reason === 'NoRoomInQuota'
    ? { kind: 'exhausted', message: told.message }
    : undefined;
}
