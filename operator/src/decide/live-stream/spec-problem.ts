import { LADDER_PRESETS, type LiveStream } from '@showrunner/crds';
import { explainQuota } from '../objects/quota.ts';
import { ownershipOf } from '../objects/ownership.ts';
import type { OperatorSettings } from '../settings.ts';
import { MAX_AFFINITY_LENGTH, longAffinityOf } from './affinity-limit.ts';
import type { Problem } from './findings.ts';
import type { Refusal, StreamObjects } from './observed-live-stream.ts';
import { objectsOf } from './stream-objects.ts';

/** What else than its key keeps a stream from working until somebody changes something. */
export function specProblem(
  stream: LiveStream,
  children: StreamObjects,
  settings: OperatorSettings,
): Problem | undefined {
  const { ladder } = stream.spec.transcode;
  if (LADDER_PRESETS.indexOf(ladder) < LADDER_PRESETS.indexOf(settings.maxLadder)) {
    return {
      reason: 'LadderAboveLimit',
      message: `spec.transcode.ladder: ${ladder} is taller than ${settings.maxLadder}, the most that this platform allows.`,
    };
  }
  const long = longAffinityOf(stream.spec);
  if (long !== undefined) {
    return {
      reason: 'AffinityTooLong',
      message: `${long} has more than ${MAX_AFFINITY_LENGTH} characters as JSON, the most that is kept; name fewer nodes or labels in it.`,
    };
  }
  const taken = objectsOf(stream, children).find(
    ({ object }) => ownershipOf(object, stream.metadata.uid) === 'foreign',
  );
  if (taken) {
    return {
      reason: 'NameTaken',
      message: `There is already a ${taken.resource.kind} "${taken.name}" in namespace "${stream.metadata.namespace}" that is not this LiveStream's; rename or delete it, or name the LiveStream otherwise.`,
    };
  }
  return undefined;
}

/** An object that the API refused for other reasons than a quota. */
export function refusalProblem(refusal: Refusal): Problem | undefined {
  if (explainQuota(refusal.message, refusal.object)) return undefined;
  return { reason: 'ObjectRefused', message: refusalSentence(refusal) };
}

/** What was refused, and what Kubernetes says to it. */
export function refusalSentence({ object, message }: Refusal): string {
  return `Kubernetes refuses ${object}: ${message.replace(/\.?$/, '.')}`;
}
