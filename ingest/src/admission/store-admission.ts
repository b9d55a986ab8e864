import { setTimeout as delay } from 'node:timers/promises';
import type { LiveStream } from '@showrunner/crds';
import {
  type Feed,
  follow,
  hashStreamKey,
  type Identity,
  type Logger,
  type StreamRef,
  type WatchEvent,
} from '@showrunner/service-kit';
import { refusal } from '../errors.ts';
import type { Admission, AdmissionResult, Grant } from './admission.ts';
import { KeyIndex } from './key-index.ts';

/** How long a publisher waits until the streams are known at first. */
const READY_TIMEOUT_MS = 4_000;

/** Admission by the LiveStreams of stores. */
export interface StoreAdmission extends Admission {
  /** As last heard of. */
  stream(ref: StreamRef): LiveStream | undefined;
  /** Whether the stream that a publisher was let in for has been deleted, be there another one of its name by now. */
  isGone(grant: Grant): boolean;
  /** Begins to watch, and waits until the streams are known (lists that fail are tried again and again). */
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Lists LiveStreams and watches them from there; lists again where a store has forgotten what came in between or the
 * watch ends. While a store is away, what was last known stays valid: running shows do not depend on it.
 */
export function createStoreAdmission(options: {
  /** Each is followed by itself. */
  feeds: readonly Feed<'LiveStream'>[];
  logger: Logger;
  /** Milliseconds since the epoch. */
  now?: () => number;
}): StoreAdmission {
  const { feeds, logger, now = Date.now } = options;
  const index = new KeyIndex();
  const listeners = new Set<(stream: StreamRef) => void>();
  const stopped = new AbortController();
  const ready = Promise.withResolvers<void>();
  let isKnown = false;
  let watching: Promise<void> | undefined;

  const announce = (streams: readonly StreamRef[]): void => {
    for (const stream of streams) for (const listener of listeners) listener(stream);
  };

  const follower = {
    listed(items: LiveStream[], unreadable: readonly Identity[], namespace: string | undefined) {
      announce(index.replaceAll(items, unreadable, namespace));
    },
    complete() {
      isKnown = true;
      ready.resolve();
    },
    changed(event: WatchEvent<'LiveStream'>) {
      const { namespace, name } = event.type === 'unreadable' ? event.identity : event.object.metadata;
      const ref = { namespace, name };
      if (event.type === 'unreadable') index.setUnreadable(event.identity);
      else if (event.type === 'deleted') index.delete(ref);
      else index.set(event.object);
      announce([ref]);
    },
    failed: (error: unknown) => logger.warn({ err: error }, 'LiveStreams cannot be watched; trying again'),
  };

  return {
    async start() {
      watching ??= follow(feeds, 'LiveStream', follower, stopped.signal);
      await ready.promise;
    },
    async close() {
      stopped.abort();
      ready.resolve();
      await watching;
    },
    async admit(key): Promise<AdmissionResult> {
      if (!isKnown) await Promise.race([ready.promise, delay(READY_TIMEOUT_MS, undefined, { ref: false })]);
      if (!isKnown) return { admitted: false, refusal: refusal('admission-failed') };
      return index.find(hashStreamKey(key), now());
    },
    review: (grant: Grant) => index.review(grant.stream, grant.keyHash, now()),
    barred: (stream) => index.barred(stream),
    stream: (ref) => index.get(ref),
    isGone: (grant) => index.isGone(grant),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
