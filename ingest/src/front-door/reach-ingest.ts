import { streamId, type Logger, type StreamRef } from '@showrunner/service-kit';
import type { Grant } from '../admission/admission.ts';
import type { StoreAdmission } from '../admission/store-admission.ts';
import type { Refusal } from '../errors.ts';
import { callIngest, type IngestAddress } from './call-ingest.ts';
import { decideHold, isIngestReady, isPassing, type HoldDecision } from './decide-hold.ts';
import type { StartingPods } from './starting-pods.ts';
import type { HeldClient, Reached } from './splicing-connection.ts';

/** What is needed to find the ingest of a stream. */
export interface ReachContext {
  readonly admission: Pick<StoreAdmission, 'review' | 'stream' | 'onChange'>;
  /** Where the ingest of a stream is called: its pod where that is given, else its Service. */
  readonly locate: (stream: StreamRef, podIP?: string) => IngestAddress;
  /** Where its pod is, while that starts. */
  readonly startingPods: Pick<StartingPods, 'ipOf'>;
  /** Tells the operator that somebody waits. */
  readonly knock: (stream: StreamRef) => void;
  readonly holdMs: number;
  readonly logger: Logger;
  readonly now: () => number;
}

const LOOK_MS = 200;
/** An ingest answers within its own time to check a key; one that does not may have died since it took the call. */
const CALL_TIMEOUT_MS = 6_000;
/** A pod that is not there answers nothing, and its Service may lead to another one meanwhile. */
const POD_CONNECT_MS = 500;

/**
 * Waits for the ingest of a publisher that was let in and has it take the stream, again and again until it does or the
 * time is over. Never rejects.
 */
export async function reachIngest(grant: Grant, client: HeldClient, context: ReachContext): Promise<Reached> {
  const { admission, locate, startingPods, knock, holdMs, logger, now } = context;
  const { record, created, signal } = client;
  const { stream } = grant;
  const began = now();
  let knocked = -Infinity;
  let lastCall: HoldDecision['call'] = 'nobody';
  let lastRefusal: Refusal | undefined;
  let told: string | undefined;
  while (!signal.aborted) {
    const verdict = admission.review(grant);
    if (!verdict.admitted) return { kind: 'refused', refusal: verdict.refusal };
    const waitedMs = now() - began;
    const ingestReady = isIngestReady(admission.stream(stream));
    const podIP = startingPods.ipOf(stream);
    const podStarts = podIP !== undefined;
    const sinceKnockMs = now() - knocked;
    const step = decideHold({ ingestReady, podStarts, lastCall, waitedMs, holdMs, sinceKnockMs, lastRefusal });
    lastCall = step.call;
    if (step.refuse) return { kind: 'refused', refusal: step.refuse };
    if (step.knock) {
      knocked = now();
      knock(stream);
    }
    if (step.call !== 'nobody') {
      const bytes = record.bytes();
      const toPod = step.call === 'pod';
      const address = locate(stream, toPod ? podIP : undefined);
      const timeoutMs = Math.max(Math.min(CALL_TIMEOUT_MS, holdMs - waitedMs), LOOK_MS);
      const connectMs = toPod ? POD_CONNECT_MS : timeoutMs;
      const result = await callIngest({ address, record: bytes, created, connectMs, timeoutMs, signal });
      if (result.kind === 'started') return { ...result, replayedBytes: bytes.length };
      if (result.kind === 'refused' && !isPassing(result.refusal)) return result;
      lastRefusal = result.kind === 'refused' ? result.refusal : undefined;
      const problem = result.kind === 'refused' ? result.refusal.sentence : result.problem;
      if (problem !== told && !signal.aborted) {
        logger.info({ stream: streamId(stream), problem }, 'the ingest does not take the stream yet');
      }
      told = problem;
    }
    await changeOrDelay(stream, admission, signal);
  }
  return { kind: 'gone' };
}

/** A change of the stream, or a moment later. */
function changeOrDelay(stream: StreamRef, admission: ReachContext['admission'], signal: AbortSignal): Promise<void> {
  const id = streamId(stream);
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      unlisten();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    const unlisten = admission.onChange((changed) => {
      if (streamId(changed) === id) done();
    });
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
