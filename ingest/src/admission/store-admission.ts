import { setTimeout as delay } from 'node:timers/promises';
import { ExpiredError, type Logger, type ResourceStore, type StreamRef } from '@showrunner/service-kit';
import { refusal } from '../errors.ts';
import type { Admission, AdmissionResult, Grant } from './admission.ts';
import { KeyIndex } from './key-index.ts';
import { hashStreamKey } from './stream-key.ts';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 15_000;
/** How long a publisher waits for the very first list. */
const READY_TIMEOUT_MS = 4_000;

/** Admission by the LiveStreams of a store. */
export interface StoreAdmission extends Admission {
  /** Begins to watch, and waits for the first list (which is tried again and again where it fails). */
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Lists LiveStreams and watches them from there; lists again where the store has forgotten what came in between or the
 * watch ends. While the store is away, what was last known stays valid: running shows do not depend on it.
 */
export function createStoreAdmission(options: {
  store: ResourceStore;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now?: () => number;
}): StoreAdmission {
  const { store, logger, now = Date.now } = options;
  const index = new KeyIndex();
  const listeners = new Set<(stream: StreamRef) => void>();
  const stopped = new AbortController();
  const ready = Promise.withResolvers<void>();
  let listed = false;
  let watching: Promise<void> | undefined;

  const announce = (streams: readonly StreamRef[]): void => {
    for (const stream of streams) for (const listener of listeners) listener(stream);
  };

  async function listAndWatch(): Promise<void> {
    const { items, resourceVersion } = await store.list('LiveStream');
    const affected = index.replaceAll(items);
    listed = true;
    ready.resolve();
    announce(affected);
    for await (const { type, object } of store.watch('LiveStream', { from: resourceVersion, signal: stopped.signal })) {
      const ref = { namespace: object.metadata.namespace, name: object.metadata.name };
      if (type === 'deleted') index.delete(ref);
      else index.set(object);
      announce([ref]);
    }
  }

  async function keepWatching(): Promise<void> {
    let wait = FIRST_RETRY_MS;
    while (!stopped.signal.aborted) {
      const began = now();
      try {
        await listAndWatch();
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (!(error instanceof ExpiredError))
          logger.warn({ err: error }, 'LiveStreams cannot be watched; trying again');
      }
      // Only a watch that held for a while shows that the trouble is over.
      if (now() - began > LAST_RETRY_MS) wait = FIRST_RETRY_MS;
      await delay(wait * (0.5 + Math.random() / 2), undefined, { signal: stopped.signal }).catch(() => undefined);
      wait = Math.min(wait * 2, LAST_RETRY_MS);
    }
  }

  return {
    async start() {
      watching ??= keepWatching();
      await ready.promise;
    },
    async close() {
      stopped.abort();
      ready.resolve();
      await watching;
    },
    async admit(key): Promise<AdmissionResult> {
      if (!listed) await Promise.race([ready.promise, delay(READY_TIMEOUT_MS, undefined, { ref: false })]);
      if (!listed) return { admitted: false, refusal: refusal('admission-failed') };
      return index.find(hashStreamKey(key), now());
    },
    review: (grant: Grant) => index.review(grant.stream, grant.keyHash, now()),
    barred: (stream) => index.barred(stream),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
