import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { streamId, type FlvTag, type Logger, type StopReason } from '@showrunner/service-kit';
import type { Admission, AdmissionResult, Grant } from '../admission/admission.ts';
import { refusal, type Refusal, type RefusalCode, type RefusedClient } from '../errors.ts';
import type { ChunkLimits } from './chunk-reader.ts';
import { RtmpProtocol, type RtmpHandler } from './protocol.ts';
import { readEach, readInto } from './socket-reader.ts';

/** What a connection needs of the server around it. */
export interface ConnectionContext {
  readonly config: {
    /** A connection must publish within this time. */
    readonly handshakeTimeoutMs: number;
    /** How long a wrong key waits for its refusal. */
    readonly wrongKeyDelayMs: number;
  };
  readonly admission: Pick<Admission, 'admit'>;
  readonly metrics: { refusal(reason: RefusalCode): void };
  readonly logger: Logger;
  readonly onRefused?: ((client: RefusedClient) => void) | undefined;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Makes room for a publisher whose key is good; answers why it may not come where there is none. */
  makeRoom(grant: Grant): Refusal | undefined;
}

/**
 * `connecting` until the command publish (so through handshake, connect and createStream), `admitting` while the key is
 * checked and a wrong one waits for its refusal, `closing` until a refusal is out and the client has hung up, `closed` once the socket is.
 */
type ConnectionState =
  | { readonly name: 'connecting'; readonly deadline: number }
  | { readonly name: 'admitting'; readonly deadline: number; readonly isKeyUnknown: boolean }
  | { readonly name: 'admitted'; readonly grant: Grant }
  | { readonly name: 'closing'; readonly deadline: number }
  | { readonly name: 'closed' };

const APP = 'live';
const KIB = 1024;
/** Before its key is checked. */
export const STRANGER_LIMITS: ChunkLimits = {
  mediaBytes: 64 * KIB,
  otherBytes: 64 * KIB,
  unfinishedBytes: 128 * KIB,
  chunkStreams: 32,
};
/** A client that lets this much of our few answers pile up does not read them. */
const MAX_UNREAD_BYTES = 64 * KIB;
/** After a refusal we go on reading (and discarding), for a reset would destroy the refusal on its way. */
const LINGER_MS = 2_000;

/**
 * One RTMP client from its handshake to the check of its key, and its orderly end; what is done with it in between is its
 * heirs' part. Reads a socket that was accepted with `pauseOnConnect`, or one with TLS.
 */
export abstract class RtmpConnection implements RtmpHandler {
  readonly address: string;
  protected readonly socket: Socket;
  protected readonly protocol: RtmpProtocol;
  readonly #context: ConnectionContext;
  readonly #onClosed: () => void;
  #state: ConnectionState;

  /** `onClosed` is called once when the connection is gone. */
  constructor(accepted: Socket, context: ConnectionContext, onClosed: () => void) {
    this.address = accepted.remoteAddress ?? '';
    this.#context = context;
    this.#onClosed = onClosed;
    this.#state = { name: 'connecting', deadline: context.now() + context.config.handshakeTimeoutMs };
    this.protocol = new RtmpProtocol(STRANGER_LIMITS, this);
    const read = accepted instanceof TLSSocket ? readEach : readInto;
    this.socket = read(accepted, (bytes, length) => this.#receive(bytes, length));
    this.socket.setNoDelay(true);
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      // Those of a network have a code; what has none went wrong here.
      const level = error.code === undefined ? 'error' : 'debug';
      this.#context.logger[level]({ err: error }, 'RTMP connection failed');
    });
    this.socket.on('close', () => this.#closed());
  }

  /** Of a publisher that was let in and is still here. */
  get grant(): Grant | undefined {
    return this.#state.name === 'admitted' ? this.#state.grant : undefined;
  }

  /** Whether it has not shown a key that is known, or not any more. */
  get isStranger(): boolean {
    return this.#state.name !== 'admitted';
  }

  get isDispensable(): boolean {
    const state = this.#state;
    return state.name === 'admitting' ? state.isKeyUnknown : state.name === 'connecting' || state.name === 'closing';
  }

  /** To be called a few times a second: ends what has taken too long. */
  sweep(now: number): void {
    const state = this.#state;
    if (state.name === 'admitted') this.sweepAdmitted(now, state.grant);
    else if (state.name === 'closing') {
      if (now > state.deadline) this.socket.destroy();
    } else if (state.name !== 'closed' && now > state.deadline) this.refuse(refusal('handshake-timeout'));
  }

  /** Tells the client why, then closes. */
  refuse(refused: Refusal): void {
    this.end(refused, () => this.protocol.refuse(refused));
  }

  displace(): void {
    this.refuse(refusal('displaced'));
    // Nobody looks after it any more, so what the client does not take at once is not waited for.
    this.socket.destroy();
  }

  /** Closes and waits until the connection is gone. */
  async close(): Promise<void> {
    this.refuse(refusal('shutdown'));
    if (this.socket.destroyed) return;
    const gone = new Promise((resolve) => this.socket.once('close', resolve));
    // What has been written is on its way; a client that does not hang up by itself is not waited for.
    this.socket.destroySoon();
    await Promise.race([gone, delay(LINGER_MS, undefined, { ref: false })]);
    this.socket.destroy();
    await gone;
  }

  output(bytes: Buffer): void {
    if (this.socket.destroyed || this.socket.writableEnded) return;
    this.socket.write(bytes);
    if (this.socket.writableLength > MAX_UNREAD_BYTES) {
      this.end(refusal('answers-unread'));
      this.socket.destroy();
    }
  }

  onConnect(app: string): void {
    if (app === APP) this.protocol.acceptConnect();
    else {
      const refused = refusal('wrong-app');
      this.end(refused, () => this.protocol.refuseConnect(refused));
    }
  }

  onPublish(key: string): void {
    const state = this.#state;
    if (state.name !== 'connecting') {
      this.refuse(refusal('bad-message', 'The command publish came twice.'));
      return;
    }
    this.#state = { name: 'admitting', deadline: state.deadline, isKeyUnknown: false };
    this.protocol.pause();
    void this.#admit(key);
  }

  onPlay(): void {
    this.refuse(refusal('play-refused'));
  }

  onFault(fault: Refusal): void {
    this.refuse(fault);
  }

  abstract onUnpublish(): void;
  abstract onMedia(type: FlvTag['type'], timestamp: number, payload: Buffer): void;

  /** Bytes that are the callee's only during the call, while the connection is not closing. Answers whether to read on. */
  protected abstract received(bytes: Buffer, length: number): boolean;
  /** The key was checked: what is to be done with the publisher. */
  protected abstract admitted(grant: Grant): void;
  protected abstract sweepAdmitted(now: number, grant: Grant): void;
  /** A publisher that was let in has gone or is being sent away. */
  protected abstract left(grant: Grant, reason: StopReason): void;

  protected get phase(): ConnectionState['name'] {
    return this.#state.name;
  }

  /** Closes; `say` is called where the client can be told something. */
  protected end(refused: Refusal, say?: () => void): void {
    const state = this.#state;
    if (state.name === 'closing' || state.name === 'closed') return;
    this.#context.metrics.refusal(refused.code);
    const stream = state.name === 'admitted' ? state.grant.stream : undefined;
    const about = {
      stream: stream && streamId(stream),
      address: this.address,
      reason: refused.code,
      said: refused.sentence,
    };
    this.#context.logger.info(about, 'RTMP refused');
    this.#context.onRefused?.({ address: this.address, stream, refusal: refused });
    this.depart(refused.stop, () => {
      // Nothing can be said in RTMP to who has not shaken hands.
      if (this.protocol.established) say?.();
      this.socket.end();
      this.socket.resume();
    });
  }

  /** What the client still sends is discarded until it hangs up, two seconds at most. */
  protected depart(reason: StopReason, farewell: () => void): void {
    const { grant } = this;
    this.protocol.pause();
    this.#state = { name: 'closing', deadline: this.#context.now() + LINGER_MS };
    farewell();
    if (grant) this.left(grant, reason);
  }

  #receive(bytes: Buffer, length: number): boolean {
    const { name } = this.#state;
    return name === 'closing' || name === 'closed' || this.received(bytes, length);
  }

  async #admit(key: string): Promise<void> {
    const { admission, config, logger } = this.#context;
    let result: AdmissionResult;
    try {
      result = await admission.admit(key);
    } catch (error) {
      logger.error({ err: error }, 'the stream key could not be checked');
      result = { admitted: false, refusal: refusal('admission-failed') };
    }
    if (!result.admitted && result.refusal.code === 'unknown-key') {
      if (this.#state.name === 'admitting') this.#state = { ...this.#state, isKeyUnknown: true };
      await delay(config.wrongKeyDelayMs);
    }
    if (this.#state.name !== 'admitting') return;
    const refused = result.admitted ? this.#context.makeRoom(result) : result.refusal;
    if (refused) this.refuse(refused);
    else if (result.admitted) {
      this.#state = { name: 'admitted', grant: result };
      this.admitted(result);
    }
  }

  #closed(): void {
    const state = this.#state;
    if (state.name === 'closed') return;
    this.#state = { name: 'closed' };
    if (state.name === 'admitted') this.left(state.grant, 'dropped');
    this.#onClosed();
  }
}
