import type { Socket } from 'node:net';
import { streamId } from '@showrunner/service-kit';
import type { Grant } from '../admission/admission.ts';
import type { StoreAdmission } from '../admission/store-admission.ts';
import { refusal, type Refusal } from '../errors.ts';
import { ANNOUNCED_CHUNK_BYTES } from '../rtmp/announced-chunk-size.ts';
import { RtmpConnection, type ConnectionContext } from '../rtmp/connection.ts';
import type { ReadBeat } from '../rtmp/read-beat.ts';
import { KEEP_ALIVE_MS } from './call-ingest.ts';
import { ClientRecord } from './client-record.ts';
import type { FrontDoorMetrics } from './metrics.ts';
import { reachIngest, type ReachContext } from './reach-ingest.ts';
import { Splice, type SpliceEnd } from './splice.ts';

/** What a session needs of the front door around it. */
export interface FrontDoorContext extends ConnectionContext, ReachContext {
  readonly admission: ConnectionContext['admission'] & ReachContext['admission'] & Pick<StoreAdmission, 'isGone'>;
  readonly metrics: FrontDoorMetrics;
  readonly logger: ConnectionContext['logger'];
  readonly now: () => number;
  /** Reads the publishers that are spliced. */
  readonly beat: ReadBeat;
}

/** A publisher at the front door: its key is checked, its ingest is waited for, and then its bytes are passed on to that. */
export class FrontDoorSession extends RtmpConnection {
  readonly #context: FrontDoorContext;
  readonly #record = new ClientRecord();
  readonly #gone = new AbortController();
  #splice: Splice | undefined;

  constructor(accepted: Socket, context: FrontDoorContext, onClosed: () => void) {
    super(accepted, context, onClosed);
    this.#context = context;
    // A client whose machine has vanished says nothing, not even goodbye.
    this.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  /** Whether it is let in and waits for its ingest. */
  get isHeld(): boolean {
    return this.grant !== undefined && this.#splice === undefined;
  }

  /** What is spliced is the ingest's to talk to: there may be the middle of a message on the way. */
  override refuse(refused: Refusal): void {
    if (this.#splice) this.end(refused);
    else super.refuse(refused);
  }

  /** The client says so before it has published anything. */
  onUnpublish(): void {}
  onMedia(): void {}

  protected received(bytes: Buffer, length: number): boolean {
    if (this.#splice) return this.#splice.fromClient(bytes, length);
    this.#record.add(bytes, length);
    if (this.phase === 'connecting') {
      this.protocol.receive(bytes, length);
      if (this.#record.isFull && this.phase === 'connecting') {
        this.refuse(refusal('bad-message', 'More than 64 KiB came before the command publish.'));
      }
    }
    // So the end of a client that waits is noticed, and one that sends its media already is held back by the kernel.
    return !this.#record.isFull || this.phase === 'closing';
  }

  protected admitted(grant: Grant): void {
    void this.#reach(grant);
  }

  protected sweepAdmitted(now: number, grant: Grant): void {
    // A stream that is deleted takes its pods along, which would wait for the end of the show. All else the ingest decides.
    if (this.#context.admission.isGone(grant)) this.refuse(refusal('deleted'));
    else this.#splice?.sweep(now);
  }

  protected left(grant: Grant): void {
    this.#gone.abort();
    this.#record.clear();
    if (!this.#splice) return;
    this.#splice.close();
    this.#context.metrics.spliced.dec();
    this.#context.logger.info({ stream: streamId(grant.stream) }, 'publisher gone');
  }

  async #reach(grant: Grant): Promise<void> {
    const { metrics, logger, now } = this.#context;
    const began = now();
    const client = { record: this.#record, created: this.protocol.createdStreams, signal: this.#gone.signal };
    metrics.held.inc();
    const reached = await reachIngest(grant, client, this.#context);
    metrics.held.dec();
    if (reached.kind === 'refused') {
      this.refuse(reached.refusal);
      return;
    }
    if (reached.kind === 'gone') return;
    const { socket: ingest, rest, replayedBytes, chunkBytes } = reached;
    if (!this.grant) {
      ingest.destroy();
      return;
    }
    const waitedMs = now() - began;
    metrics.waitSeconds.observe(waitedMs / 1000);
    metrics.spliced.inc();
    logger.info({ stream: streamId(grant.stream), address: this.address, waitedMs }, 'publisher passed on');
    const options = { client: this.socket, ingest, beat: this.#context.beat, metrics, now };
    this.#splice = new Splice({ ...options, onEnd: (end) => this.#ingestEnded(end) });
    // The client reads on with the size that it has heard last.
    if (chunkBytes !== ANNOUNCED_CHUNK_BYTES) this.protocol.setChunkSize(chunkBytes);
    this.protocol.acceptPublish();
    const unsent = this.#record.bytes().subarray(replayedBytes);
    this.#record.clear();
    this.#splice.begin(unsent, rest);
  }

  #ingestEnded(end: SpliceEnd): void {
    this.depart('closed', () => {
      if (end === 'broken') this.socket.destroy();
      else this.socket.end().resume();
    });
  }
}
