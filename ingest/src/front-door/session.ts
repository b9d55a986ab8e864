import type { Socket } from 'node:net';
import { streamId } from '@showrunner/service-kit';
import type { Grant } from '../admission/admission.ts';
import type { StoreAdmission } from '../admission/store-admission.ts';
import { refusal } from '../errors.ts';
import type { ConnectionContext } from '../rtmp/connection.ts';
import { KEEP_ALIVE_MS } from './call-ingest.ts';
import type { FrontDoorMetrics } from './metrics.ts';
import { reachIngest, type ReachContext } from './reach-ingest.ts';
import { SplicingConnection, type HeldClient, type Reached, type SplicingContext } from './splicing-connection.ts';

/** What a session needs of the front door around it. */
export interface FrontDoorContext extends SplicingContext, ReachContext {
  readonly admission: ConnectionContext['admission'] & ReachContext['admission'] & Pick<StoreAdmission, 'isGone'>;
  readonly metrics: FrontDoorMetrics;
  readonly logger: ConnectionContext['logger'];
  readonly now: () => number;
}

/** A publisher at the front door: its key is checked, its ingest is waited for, and then its bytes are passed on to that. */
export class FrontDoorSession extends SplicingConnection {
  readonly #context: FrontDoorContext;
  #letInAt = 0;

  constructor(accepted: Socket, context: FrontDoorContext, onClosed: () => void) {
    super(accepted, context, onClosed);
    this.#context = context;
    // A client whose machine has vanished says nothing, not even goodbye.
    this.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  protected async reach(grant: Grant, client: HeldClient): Promise<Reached> {
    const { metrics, now } = this.#context;
    this.#letInAt = now();
    metrics.held.inc();
    const reached = await reachIngest(grant, client, this.#context);
    metrics.held.dec();
    return reached;
  }

  protected passedOn({ stream }: Grant): void {
    const { metrics, logger, now } = this.#context;
    const waitedMs = Math.round(now() - this.#letInAt);
    metrics.waitSeconds.observe(waitedMs / 1000);
    metrics.spliced.inc();
    logger.info({ stream: streamId(stream), address: this.address, waitedMs }, 'publisher passed on');
  }

  protected parted({ stream }: Grant): void {
    this.#context.metrics.spliced.dec();
    this.#context.logger.info({ stream: streamId(stream) }, 'publisher gone');
  }

  protected override sweepAdmitted(now: number, grant: Grant): void {
    // A stream that is deleted takes its pods along, which would wait for the end of the show. All else the ingest decides.
    if (this.#context.admission.isGone(grant)) this.refuse(refusal('deleted'));
    else super.sweepAdmitted(now, grant);
  }
}
