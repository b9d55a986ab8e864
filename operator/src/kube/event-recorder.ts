import { randomBytes } from 'node:crypto';
import type { Logger } from '@showrunner/service-kit';
import { KUBE, KubeError, type KubeClient } from '@showrunner/service-kit/kube';
import type { DecidedEvent } from '../decide/index.ts';
import { BoundedMap } from './bounded-map.ts';

/** What an event is about. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** Name of the pod. */
  readonly instance: string;
  readonly logger: Logger;
  /** Told of each event that is not recorded, because there are too many. */
  readonly onDropped: () => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const COMPONENT = 'showrunner-operator';
const MAX_WAITING = 5_000;
const MAX_REMEMBERED = 4_096;
/** An event that happens again within this time is counted in place of being told anew. */
const SERIES_MS = 10 * 60_000;
/** An object may have so many events at once, and one more for each `REFILL_MS`. */
const BURST = 25;
const REFILL_MS = 30_000;
const CLOSE_MS = 1_000;
const NOT_FOUND = 404;
const MAX_MESSAGE = 1_024;

interface Waiting {
  readonly regarding: Regarding;
  readonly event: DecidedEvent;
  readonly firstAt: number;
  lastAt: number;
  count: number;
}

interface Series {
  readonly name: string;
  readonly firstAt: number;
  lastAt: number;
  count: number;
}

/**
 * Writes Events (`v1`, which `kubectl describe` shows), in the background. Repeated ones become one with a count, no object gets
 * more than its share, and what cannot be written is left out: they tell the story, nothing depends on them.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #now: () => number;
  readonly #waiting = new Map<string, Waiting>();
  readonly #series = new BoundedMap<string, Series>(MAX_REMEMBERED);
  /** Events that an object may still have, and when that was counted. */
  readonly #allowance = new BoundedMap<string, { left: number; at: number }>(MAX_REMEMBERED);
  #writing: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  record(regarding: Regarding, event: DecidedEvent): void {
    const now = this.#now();
    const key = [regarding.uid, event.type, event.reason, event.message].join('\n');
    const waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.count++;
      waiting.lastAt = now;
      return;
    }
    if (this.#waiting.size >= MAX_WAITING || !this.#mayHaveOne(regarding.uid, now)) return this.#options.onDropped();
    this.#waiting.set(key, { regarding, event, firstAt: now, lastAt: now, count: 1 });
    // One after the other, so that thousands of them do not keep writes that matter waiting.
    this.#writing ??= this.#write();
  }

  /** Writes what waits, for a moment: the lease is given back after this. */
  async close(): Promise<void> {
    const overdue = setTimeout(() => {
      for (let left = this.#waiting.size; left > 0; left--) this.#options.onDropped();
      this.#waiting.clear();
    }, CLOSE_MS);
    await this.#writing;
    clearTimeout(overdue);
  }

  async #write(): Promise<void> {
    // Those that come meanwhile too.
    for (const [key, waiting] of this.#waiting) {
      this.#waiting.delete(key);
      try {
        await this.#writeOne(key, waiting);
      } catch (error) {
        const { namespace, name } = waiting.regarding;
        this.#options.logger.warn(
          { err: error, namespace, name, reason: waiting.event.reason },
          'an event was not recorded',
        );
      }
    }
    // At the very moment at which none waits: one that comes a moment later begins anew.
    this.#writing = undefined;
  }

  async #writeOne(key: string, { regarding, event, firstAt, lastAt, count }: Waiting): Promise<void> {
    const { client, instance } = this.#options;
    const { namespace } = regarding;
    const before = this.#series.get(key);
    if (before && firstAt - before.lastAt < SERIES_MS) {
      const series = { ...before, lastAt, count: before.count + count };
      this.#series.set(key, series);
      try {
        const patch = { count: series.count, lastTimestamp: seconds(lastAt) };
        await client.merge(KUBE.events, series.name, namespace, patch);
        return;
      } catch (error) {
        // The server keeps events for an hour.
        if (!(error instanceof KubeError && error.code === NOT_FOUND)) throw error;
      }
    }
    const name = `${regarding.name}.${randomBytes(8).toString('hex')}`;
    const { type, reason } = event;
    const message = event.message.slice(0, MAX_MESSAGE);
    await client.create(
      KUBE.events,
      {
        apiVersion: KUBE.events.apiVersion,
        kind: KUBE.events.kind,
        metadata: { name, namespace },
        involvedObject: regarding,
        type,
        reason,
        message,
        count,
        firstTimestamp: seconds(firstAt),
        lastTimestamp: seconds(lastAt),
        source: { component: COMPONENT },
        reportingComponent: COMPONENT,
        reportingInstance: instance,
      },
      namespace,
    );
    this.#series.set(key, { name, firstAt, lastAt, count });
  }

  #mayHaveOne(uid: string, now: number): boolean {
    const { left, at } = this.#allowance.get(uid) ?? { left: BURST, at: now };
    const earned = Math.floor((now - at) / REFILL_MS);
    const allowed = Math.min(left + earned, BURST);
    this.#allowance.set(uid, { left: Math.max(allowed - 1, 0), at: allowed === BURST ? now : at + earned * REFILL_MS });
    return allowed > 0;
  }
}

/** A `metav1.Time`. */
function seconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
