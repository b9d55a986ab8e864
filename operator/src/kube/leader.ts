import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@showrunner/service-kit';
import { KUBE, KubeError, type KubeClient } from '@showrunner/service-kit/kube';
import { type Lease, type SeenLease, heldBy, mayTake, released, seeLease } from './lease.ts';

export interface LeaderTiming {
  /** How long others wait for a leader that does not renew. */
  readonly leaseMs: number;
  /** A leader that could not renew for so long stops. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

const LEADER_TIMING: LeaderTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** The time in which we lead. */
export interface Term {
  /** Aborts when it is over. */
  readonly signal: AbortSignal;
  /**
   * Whether we may still write. It asks the clock, so that a process that stood still does not write before its timers have
   * woken up.
   */
  isValid(): boolean;
}

export interface LeaderOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** The pod's name. A container that is started again in its pod leads on at once. */
  readonly identity: string;
  readonly onTerm: (term: Term) => void;
  readonly logger: Logger;
  readonly timing?: LeaderTiming;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

const CONFLICT = 409;
const NOT_FOUND = 404;

/**
 * Sees to it that one of several operators leads, by a Lease that is only ever changed by whoever saw its last version. A
 * leader that cannot renew ends its term five seconds before another may begin one, and stands again: it keeps what it
 * knows of the cluster, which a new process would have to list again just when the API has come back.
 */
export class LeaderElection {
  readonly #options: LeaderOptions;
  readonly #timing: LeaderTiming;
  readonly #now: () => number;
  readonly #closed = new AbortController();
  #loop: Promise<void> | undefined;
  #seen: SeenLease | undefined;
  #term: { end: AbortController; validUntil: number; timer?: NodeJS.Timeout } | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#timing = options.timing ?? LEADER_TIMING;
    this.#now = options.now ?? (() => performance.now());
  }

  get leads(): boolean {
    return this.#term !== undefined && this.#now() < this.#term.validUntil;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends the term, if it is ours, and gives the lease back, so that another may begin at once. What wrote must have stopped. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#loop;
    const leads = this.leads;
    this.#endTerm('closing');
    if (leads) await this.#release();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const started = this.#now();
      const { retryMs } = this.#timing;
      let leastMs = 0;
      try {
        await this.#attempt(started);
      } catch (error) {
        if (!signal.aborted) this.#options.logger.warn({ err: error }, 'the lease could not be asked for');
        // The server's wish, but for one that would cost the lease.
        if (error instanceof KubeError) leastMs = Math.min(error.retryAfterMs ?? 0, retryMs);
      }
      // Those who wait do not come in step. A leader comes on time.
      const pauseMs = this.#term ? retryMs - (this.#now() - started) : retryMs * (1 + Math.random() / 5);
      await sleep(Math.max(pauseMs, leastMs), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Renews or takes the lease where we may. */
  async #attempt(started: number): Promise<void> {
    const { identity } = this.#options;
    // A leader knows its lease: nobody else may have changed it.
    if (!this.#term || !this.#seen) this.#seen = await this.#read();
    if (this.#seen && !mayTake(this.#seen, identity, started)) return;
    try {
      await this.#write(this.#seen?.lease);
    } catch (error) {
      if (!(error instanceof KubeError && (error.code === CONFLICT || error.code === NOT_FOUND))) throw error;
      // Somebody changed it, or a write of ours came through whose answer was lost.
      this.#seen = await this.#read();
      if (this.#seen && this.#seen.lease.spec?.holderIdentity !== identity)
        return this.#endTerm('another took the lease');
      await this.#write(this.#seen?.lease);
    }
    // From before the request: the server may have carried it out at any time since.
    this.#extendTerm(started + this.#timing.renewDeadlineMs);
  }

  async #read(): Promise<SeenLease | undefined> {
    const { namespace, name } = this.#options;
    try {
      const lease = await this.#bounded().get<Lease>(KUBE.leases, name, namespace);
      return seeLease(lease, this.#seen, this.#now());
    } catch (error) {
      if (error instanceof KubeError && error.code === NOT_FOUND) return undefined;
      throw error;
    }
  }

  async #write(before: Lease | undefined): Promise<void> {
    const { namespace, name, identity } = this.#options;
    const spec = heldBy(identity, before?.spec, this.#timing.leaseMs, Date.now());
    const client = this.#bounded();
    const lease = before
      ? await client.replace<Lease>(KUBE.leases, { ...before, spec } as Lease)
      : await client.create<Lease>(
          KUBE.leases,
          { apiVersion: KUBE.leases.apiVersion, kind: KUBE.leases.kind, metadata: { name, namespace }, spec },
          namespace,
        );
    this.#seen = seeLease(lease, undefined, this.#now());
  }

  async #release(): Promise<void> {
    const { lease } = this.#seen!;
    try {
      await this.#bounded().replace(KUBE.leases, { ...lease, spec: released(lease.spec!, Date.now()) } as Lease);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the lease was not given back; others wait until it is over');
    }
  }

  #extendTerm(validUntil: number): void {
    const restMs = validUntil - this.#now();
    if (restMs <= 0) return this.#endTerm('the lease was renewed too late');
    const isNew = !this.#term;
    const term = (this.#term ??= { end: new AbortController(), validUntil });
    term.validUntil = validUntil;
    clearTimeout(term.timer);
    term.timer = setTimeout(() => this.#endTerm('the lease could not be renewed in time'), restMs);
    if (!isNew) return;
    const { identity, logger, onTerm } = this.#options;
    logger.info({ identity }, 'leading');
    const { signal } = term.end;
    onTerm({ signal, isValid: () => !signal.aborted && this.#now() < term.validUntil });
  }

  #endTerm(why: string): void {
    if (!this.#term) return;
    clearTimeout(this.#term.timer);
    this.#term.end.abort();
    this.#term = undefined;
    this.#options.logger.info({ why }, 'leading no more');
  }

  /** So that two attempts fit before the deadline. */
  #bounded(): KubeClient {
    return this.#options.client.until(AbortSignal.timeout(this.#timing.renewDeadlineMs / 2));
  }
}
