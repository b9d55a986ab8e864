import type { Condition, LiveStream } from '@showrunner/crds';
import type { ConditionType, ProblemReason, ReasonOf } from './reasons.ts';

/** A condition without its times. */
export type Finding<Type extends ConditionType = ConditionType> = {
  [T in Type]: {
    readonly type: T;
    readonly status: Condition['status'];
    readonly reason: ReasonOf<T>;
    readonly message: string;
  };
}[Type];

/** Why a resource cannot work. */
export interface Problem {
  readonly reason: ProblemReason;
  readonly message: string;
}

/** `lastTransitionTime` is kept while the status of the condition stays. */
export function toCondition(finding: Finding, stream: LiveStream, now: number): Condition {
  const before = stream.status.conditions?.find((condition) => condition.type === finding.type);
  const { type, status, reason, message } = finding;
  return {
    type,
    status,
    reason,
    message,
    lastTransitionTime: before?.status === finding.status ? before.lastTransitionTime : new Date(now).toISOString(),
    observedGeneration: stream.metadata.generation,
  };
}
