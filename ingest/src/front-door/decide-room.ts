import { streamId, type StreamRef } from '@showrunner/service-kit';
import type { Grant } from '../admission/admission.ts';
import { refusal, type Refusal } from '../errors.ts';

/** A connection, as far as it counts here. */
export interface Occupant {
  /** Of a publisher that was let in. */
  readonly grant: Grant | undefined;
  /** Whether it waits for its ingest. */
  readonly isHeld: boolean;
}

export interface RoomDecision<O> {
  /** Who has to go first. */
  readonly replace?: O;
  /** There is no room. */
  readonly refuse?: Refusal;
}

/** Of one stream: its publisher, a former self of that which seems to be there still, and one to take over. */
const MAX_OF_ONE_STREAM = 3;

/**
 * Whether there is room for one more publisher of a stream, among connections of which the oldest is the first. One key must not
 * use up the places of all, nor streams whose ingest never comes those of the ones that run.
 */
export function decideRoom<O extends Occupant>(
  stream: StreamRef,
  connections: Iterable<O>,
  { maxPublishers, maxHeld }: { readonly maxPublishers: number; readonly maxHeld: number },
): RoomDecision<O> {
  const publishers = [...connections].filter(({ grant }) => grant !== undefined);
  const own = publishers.filter(({ grant }) => grant && streamId(grant.stream) === streamId(stream));
  if (own.length >= MAX_OF_ONE_STREAM) {
    const replace = own.find(({ isHeld }) => isHeld);
    if (replace) return { replace };
    return { refuse: refusal('too-many-publishers', 'This show has as many connections as it may have.') };
  }
  if (publishers.length >= maxPublishers) return { refuse: refusal('too-many-publishers') };
  if (publishers.filter(({ isHeld }) => isHeld).length >= maxHeld) {
    const sentence = 'Too many shows are being started at the moment: try again in a few seconds.';
    return { refuse: refusal('not-ready', sentence) };
  }
  return {};
}
