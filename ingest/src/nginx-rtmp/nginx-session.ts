import type { Socket } from 'node:net';
import { streamId } from '@showrunner/service-kit';
import type { Grant } from '../admission/admission.ts';
import { refusal, type Refusal } from '../errors.ts';
import { callIngest, type IngestAddress } from '../front-door/call-ingest.ts';
import {
  SplicingConnection,
  type HeldClient,
  type Reached,
  type SplicingContext,
} from '../front-door/splicing-connection.ts';

/** What a session needs of the server around it. */
export interface NginxSessionContext extends SplicingContext {
  readonly nginx: IngestAddress;
  /** Why nginx was told not to take a publisher. */
  takeRefusal(grant: Grant): Refusal | undefined;
}

/** nginx asks us within this time, and we play from it before we answer. */
const CALL_TIMEOUT_MS = 6_000;

/**
 * A publisher before nginx: its key is checked here, and only then is it nginx's. For nginx-rtmp never closes a connection that
 * has shaken hands and does not publish, holds whole messages for it, and can be ended by a malformed one.
 */
export class NginxSession extends SplicingConnection {
  readonly #context: NginxSessionContext;

  constructor(accepted: Socket, context: NginxSessionContext, onClosed: () => void) {
    super(accepted, context, onClosed);
    this.#context = context;
  }

  protected async reach(grant: Grant, { record, created, signal }: HeldClient): Promise<Reached> {
    const { nginx: address } = this.#context;
    const bytes = record.bytes();
    const result = await callIngest({ address, record: bytes, created, timeoutMs: CALL_TIMEOUT_MS, signal });
    if (result.kind === 'started') return { ...result, replayedBytes: bytes.length };
    const refused = this.#context.takeRefusal(grant);
    if (signal.aborted) return { kind: 'gone' };
    if (refused) return { kind: 'refused', refusal: refused };
    if (result.kind === 'refused') return result;
    const about = { stream: streamId(grant.stream), problem: result.problem };
    this.#context.logger.warn(about, 'nginx does not take a stream');
    return { kind: 'refused', refusal: refusal('unreachable') };
  }

  protected passedOn({ stream }: Grant): void {
    this.#context.logger.info({ stream: streamId(stream), address: this.address }, 'publisher passed on to nginx');
  }

  protected parted(): void {}
}
