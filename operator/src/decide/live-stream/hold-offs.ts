import type { ObjectWrites } from './decide-objects.ts';
import type { Refusal } from './observed-live-stream.ts';

/** `object` of a refusal that is about no object to be made: whatever it is, a stream works without it. */
export const POD_MARKS = 'to annotate its pods';
export const REMOVALS = 'to delete its objects';

/** What the API refuses, as a policy may, is not tried again for so long, unless it changes. */
export const REFUSED_FOR_MS = 60_000;

/**
 * The writes without those of which the API refused some a moment ago, and the refusal where there is still something of the kind to
 * be written. The others, and the status above all, are written all the same.
 */
export function withHoldOffs(
  writes: ObjectWrites,
  refusals: readonly Refusal[],
  now: number,
): { readonly writes: ObjectWrites; readonly hindered: Refusal | undefined } {
  const refused = (object: string, wanted: readonly unknown[]) =>
    wanted.length > 0 ? refusals.find((refusal) => refusal.object === object) : undefined;
  const removals = refused(REMOVALS, writes.delete);
  const marks = refused(POD_MARKS, writes.podAnnotations);
  const isHeld = (refusal: Refusal | undefined) => refusal !== undefined && now < refusal.at + REFUSED_FOR_MS;
  return {
    writes: {
      ...writes,
      delete: isHeld(removals) ? [] : writes.delete,
      podAnnotations: isHeld(marks) ? [] : writes.podAnnotations,
    },
    hindered: removals ?? marks,
  };
}
