import type { Socket } from 'node:net';
import type { Grant } from '../admission/admission.ts';
import { refusal, type Refusal } from '../errors.ts';
import { ANNOUNCED_CHUNK_BYTES } from '../rtmp/announced-chunk-size.ts';
import { RtmpConnection, type ConnectionContext } from '../rtmp/connection.ts';
import type { CreatedStream } from '../rtmp/protocol.ts';
import type { ReadBeat } from '../rtmp/read-beat.ts';
import type { CallResult } from './call-ingest.ts';
import { ClientRecord } from './client-record.ts';
import { Splice, type SpliceEnd, type SpliceOptions } from './splice.ts';

/** What is needed of the server around it. */
export interface SplicingContext extends ConnectionContext {
  readonly metrics: ConnectionContext['metrics'] & SpliceOptions['metrics'];
  /** Reads the publishers that are spliced. */
  readonly beat: ReadBeat;
}

/** A publisher that was let in, to the one who finds its ingest. */
export interface HeldClient {
  readonly record: ClientRecord;
  readonly created: readonly CreatedStream[];
  /** Aborts when it hangs up. */
  readonly signal: AbortSignal;
}

export type Reached =
  /** `replayedBytes` is how much of the record the ingest has been sent. */
  | (Extract<CallResult, { kind: 'started' }> & { readonly replayedBytes: number })
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The publisher hung up meanwhile. */
  | { readonly kind: 'gone' };

/** A publisher whose key is checked here, and whose bytes are then passed on to an ingest, which its heirs find. */
export abstract class SplicingConnection extends RtmpConnection {
  readonly #context: SplicingContext;
  readonly #record = new ClientRecord();
  readonly #gone = new AbortController();
  #splice: Splice | undefined;

  constructor(accepted: Socket, context: SplicingContext, onClosed: () => void) {
    super(accepted, context, onClosed);
    this.#context = context;
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

  /** Finds the ingest of a publisher and has it take the stream. Must not reject. */
  protected abstract reach(grant: Grant, client: HeldClient): Promise<Reached>;
  /** Its bytes are passed on from now on. */
  protected abstract passedOn(grant: Grant): void;
  /** They are no more. Called once after `passedOn`. */
  protected abstract parted(grant: Grant): void;

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
    void this.#begin(grant);
  }

  protected sweepAdmitted(now: number, _grant: Grant): void {
    this.#splice?.sweep(now);
  }

  protected left(grant: Grant): void {
    this.#gone.abort();
    this.#record.clear();
    if (!this.#splice) return;
    this.#splice.close();
    this.parted(grant);
  }

  async #begin(grant: Grant): Promise<void> {
    const { beat, metrics, now } = this.#context;
    const { signal } = this.#gone;
    const reached = await this.reach(grant, { record: this.#record, created: this.protocol.createdStreams, signal });
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
    this.passedOn(grant);
    const options = { client: this.socket, ingest, beat, metrics, now };
    this.#splice = new Splice({ ...options, onEnd: (end) => this.#ingestEnded(end) });
    // The client reads on with the size that it has heard last.
    if (chunkBytes !== ANNOUNCED_CHUNK_BYTES) this.protocol.setChunkSize(chunkBytes);
    this.protocol.acceptPublish();
    this.protocol.handOver();
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
