import type { LiveStream } from '@showrunner/crds';
import type { Refusal, RefusalCode } from '../errors.ts';
import { refusal } from '../errors.ts';

/** What is known of a publisher that waits for its ingest. */
export interface Held {
  /** Whether the operator says that the ingest is ready. */
  readonly ingestReady: boolean;
  /** Whether it is known where its pod is, which starts: that lets publishers in before its Service leads to it. */
  readonly podStarts: boolean;
  readonly lastCall: HoldDecision['call'];
  /** How long it waits. */
  readonly waitedMs: number;
  /** How long it may wait. */
  readonly holdMs: number;
  readonly sinceKnockMs: number;
  /** What came of the last call to the ingest. */
  readonly lastRefusal: Refusal | undefined;
}

export interface HoldDecision {
  readonly knock: boolean;
  /** The pod itself, before it is behind its Service. */
  readonly call: 'service' | 'pod' | 'nobody';
  /** The wait is over. */
  readonly refuse: Refusal | undefined;
}

const KNOCK_EVERY_MS = 1_000;
/**
 * From then on the ingest is called whatever its condition says, which may be old where no operator runs. Not earlier: a
 * Service that is asked for before it is there stays unknown to DNS for seconds.
 */
const CALL_ANYWAY_AFTER_MS = 6_000;

/** What an ingest says that has not yet read what the LiveStream's status says already, or makes room for another. */
const PASSING: ReadonlySet<RefusalCode> = new Set([
  'unknown-key',
  'key-withdrawn',
  'disabled',
  'deleted',
  'admission-failed',
  'shutdown',
] as const);

/** Whether to call again where we let a publisher in and the ingest does not. */
export function isPassing({ code }: Refusal): boolean {
  return PASSING.has(code);
}

export function isIngestReady(stream: LiveStream | undefined): boolean {
  const conditions = stream?.status.conditions ?? [];
  return conditions.some(({ type, status }) => type === 'IngestReady' && status === 'True');
}

function whomToCall({ ingestReady, podStarts, lastCall, waitedMs }: Held): HoldDecision['call'] {
  const isLate = waitedMs >= CALL_ANYWAY_AFTER_MS;
  if (ingestReady) return 'service';
  if (podStarts && !(isLate && lastCall === 'pod')) return 'pod';
  return isLate ? 'service' : 'nobody';
}

/** What is to be done now for a publisher that is let in and whose ingest has not taken it yet. */
export function decideHold(held: Held): HoldDecision {
  const { ingestReady, waitedMs, holdMs, sinceKnockMs, lastRefusal } = held;
  if (waitedMs >= holdMs) {
    const why = lastRefusal ?? refusal(ingestReady ? 'unreachable' : 'not-ready');
    return { knock: false, call: 'nobody', refuse: why };
  }
  return { knock: sinceKnockMs >= KNOCK_EVERY_MS, call: whomToCall(held), refuse: undefined };
}
