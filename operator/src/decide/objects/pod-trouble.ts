import type { PodTrouble } from './observed-object.ts';

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly signal?: number };
}

/** `status` of a Pod, as far as it is read. */
export interface PodStatus {
  readonly phase?: string;
  readonly podIP?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
  readonly containerStatuses?: readonly {
    readonly restartCount?: number;
    readonly state?: ContainerState;
    readonly lastState?: ContainerState;
  }[];
}

/** Stages that every pod goes through. */
const USUAL: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

/**
 * What keeps a pod from running. A container that ended is said to have crashed until the pod is ready, whether it waits or is
 * tried again just now, so that the answer does not alternate.
 */
export function troubleOf(status: PodStatus): PodTrouble | undefined {
  const unscheduled = status.conditions?.find(
    ({ type, status, reason }) => type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
  );
  if (unscheduled) return { reason: 'Unschedulable', message: unscheduled.message ?? '', isStuck: true };
  // One whose node is lost may still run there.
  if (status.reason) return { reason: status.reason, message: status.message ?? '', isStuck: false };
  for (const { restartCount = 0, state, lastState } of status.containerStatuses ?? []) {
    const { reason, message = '' } = state?.waiting ?? {};
    const isStuck = reason !== undefined && !USUAL.has(reason);
    const ended = state?.terminated ?? (restartCount > 0 ? lastState?.terminated : undefined);
    if (ended) {
      const how = ended.signal ? `signal ${ended.signal}` : `exit code ${ended.exitCode ?? 'unknown'}`;
      return { reason: ended.reason === 'OOMKilled' ? 'OOMKilled' : 'Crashed', message: how, isStuck };
    }
    if (isStuck) return { reason, message, isStuck };
  }
  return undefined;
}
