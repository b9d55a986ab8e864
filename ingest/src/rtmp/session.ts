import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, streamId, type FlvTag, type Logger } from '@showrunner/service-kit';
import type { Admission, AdmissionResult, Grant } from '../admission/admission.ts';
import type { IngestConfig } from '../config.ts';
import { refusal, type Refusal } from '../errors.ts';
import type { IngestMetrics } from '../metrics.ts';
import type { Publisher } from '../shows/publisher.ts';
import type { Shows } from '../shows/shows.ts';
import type { ChunkLimits } from './chunk-reader.ts';
import { codecProblem } from './codec.ts';
import { RtmpProtocol, type RtmpHandler } from './protocol.ts';
import type { ReadBeat } from './read-beat.ts';
import { readInto } from './socket-reader.ts';

/** What a session needs of the server around it. */
export interface SessionContext {
  readonly config: IngestConfig;
  readonly admission: Admission;
  readonly shows: Shows;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  readonly now: () => number;
  /** Reads those who publish. */
  readonly beat: ReadBeat;
  /** Whether one more publisher may come. */
  mayPublish(): boolean;
  /** The connection is gone. Called once. */
  ended(session: RtmpSession): void;
}

/**
 * `connecting` until the command publish (so through handshake, connect and createStream), `admitting` while the key is
 * checked, `closing` until a refusal is out and the client has hung up, `closed` once the socket is.
 */
type SessionState =
  | { readonly name: 'connecting'; readonly deadline: number }
  | { readonly name: 'admitting'; readonly deadline: number }
  | { readonly name: 'publishing'; readonly publisher: Publisher; readonly grant: Grant }
  | { readonly name: 'closing'; readonly deadline: number }
  | { readonly name: 'closed' };

const APP = 'live';
const KIB = 1024;
const STRANGER_LIMITS: ChunkLimits = {
  mediaBytes: 64 * KIB,
  otherBytes: 64 * KIB,
  unfinishedBytes: 128 * KIB,
  chunkStreams: 32,
};
/** A client that lets this much of our few answers pile up does not read them. */
const MAX_UNREAD_BYTES = 64 * KIB;
/** After a refusal we go on reading (and discarding), for a reset would destroy the refusal on its way. */
const LINGER_MS = 2_000;

/** One RTMP connection, from its handshake to its end. */
export class RtmpSession implements RtmpHandler {
  readonly address: string;
  readonly #context: SessionContext;
  readonly #logger: Logger;
  readonly #socket: Socket;
  readonly #protocol: RtmpProtocol;
  #state: SessionState;
  #lastMedia = 0;
  #leaveBeat: (() => void) | undefined;

  constructor(accepted: Socket, context: SessionContext, logger: Logger) {
    this.address = accepted.remoteAddress ?? '';
    this.#context = context;
    this.#logger = logger;
    this.#state = { name: 'connecting', deadline: context.now() + context.config.handshakeTimeoutMs };
    this.#protocol = new RtmpProtocol(STRANGER_LIMITS, this);
    this.#socket = readInto(accepted, (bytes, length) => this.#receive(bytes, length));
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#logger.debug({ err: error }, 'RTMP connection failed'));
    this.#socket.on('close', () => this.#closed());
  }

  /** Of a session that publishes. */
  get grant(): Grant | undefined {
    return this.#state.name === 'publishing' ? this.#state.grant : undefined;
  }

  /** To be called a few times a second: ends what has taken too long. */
  sweep(now: number): void {
    const state = this.#state;
    if (state.name === 'publishing') {
      const verdict = this.#context.admission.review(state.grant);
      if (!verdict.admitted) this.refuse(verdict.refusal);
      else if (now - this.#lastMedia > verdict.policy.idleTimeoutMs) this.refuse(refusal('idle'));
      else state.publisher.setPolicy(verdict.policy);
    } else if (state.name === 'closing') {
      if (now > state.deadline) this.#socket.destroy();
    } else if (state.name !== 'closed' && now > state.deadline) this.refuse(refusal('handshake-timeout'));
  }

  /** Tells the client why, then closes. A show that it published is told so too. */
  refuse(refused: Refusal): void {
    this.#end(refused, () => this.#protocol.refuse(refused));
  }

  /** Closes and waits until the connection is gone. */
  async close(): Promise<void> {
    this.refuse(refusal('shutdown'));
    if (this.#socket.destroyed) return;
    const gone = new Promise((resolve) => this.#socket.once('close', resolve));
    // What has been written is on its way; a client that does not hang up by itself is not waited for.
    this.#socket.destroySoon();
    await Promise.race([gone, delay(LINGER_MS, undefined, { ref: false })]);
    this.#socket.destroy();
    await gone;
  }

  output(bytes: Buffer): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) {
      this.#end(refusal('answers-unread'));
      this.#socket.destroy();
    }
  }

  onConnect(app: string): void {
    if (app === APP) this.#protocol.acceptConnect();
    else {
      const refused = refusal('wrong-app');
      this.#end(refused, () => this.#protocol.refuseConnect(refused));
    }
  }

  onPublish(key: string): void {
    const state = this.#state;
    if (state.name !== 'connecting') {
      this.refuse(refusal('bad-message', 'The command publish came twice.'));
      return;
    }
    this.#state = { name: 'admitting', deadline: state.deadline };
    // Until the key is checked nothing more is read: the kernel's buffers hold the publisher back.
    this.#protocol.pause();
    void this.#admit(key);
  }

  onPlay(): void {
    this.refuse(refusal('play-refused'));
  }

  onUnpublish(): void {
    if (this.#state.name !== 'publishing') return;
    const { publisher } = this.#state;
    this.#protocol.pause();
    this.#protocol.acceptUnpublish();
    this.#linger();
    publisher.stop('closed');
  }

  onMedia(type: FlvTag['type'], timestamp: number, payload: Buffer): void {
    const state = this.#state;
    if (state.name !== 'publishing') return;
    if (type === FLV_SCRIPT) {
      state.publisher.media(FLV_SCRIPT, timestamp, payload);
      return;
    }
    const problem = codecProblem(type, payload);
    if (problem === 'ignored') return;
    if (problem) {
      this.refuse(refusal(problem));
      return;
    }
    this.#lastMedia = this.#context.now();
    state.publisher.media(type === FLV_VIDEO ? FLV_VIDEO : FLV_AUDIO, timestamp, payload);
  }

  onFault(fault: Refusal): void {
    this.refuse(fault);
  }

  /** Answers whether to go on reading. */
  #receive(bytes: Buffer, length: number): boolean {
    this.#context.metrics.received(length);
    const { name } = this.#state;
    if (name === 'closing' || name === 'closed') return true;
    this.#protocol.receive(bytes, length);
    return !this.#held;
  }

  get #held(): boolean {
    return this.#state.name === 'admitting';
  }

  async #admit(key: string): Promise<void> {
    let result: AdmissionResult;
    try {
      result = await this.#context.admission.admit(key);
    } catch (error) {
      this.#logger.error({ err: error }, 'the stream key could not be checked');
      result = { admitted: false, refusal: refusal('admission-failed') };
    }
    if (!result.admitted && result.refusal.code === 'unknown-key') await delay(this.#context.config.wrongKeyDelayMs);
    if (this.#state.name !== 'admitting') return;
    if (!result.admitted) this.refuse(result.refusal);
    else if (!this.#context.mayPublish()) {
      this.refuse(refusal('already-publishing', 'This server has as many publishers as it may have.'));
    } else this.#publish(result);
  }

  #publish(grant: Grant): void {
    const connection = { replaced: () => this.#replaced() };
    const publisher = this.#context.shows.publish(grant.stream, connection, grant.policy);
    if (!publisher) {
      this.refuse(refusal('already-publishing'));
      return;
    }
    this.#state = { name: 'publishing', publisher, grant };
    this.#lastMedia = this.#context.now();
    this.#context.metrics.publishers.inc();
    this.#logger.info({ stream: streamId(grant.stream), address: this.address }, 'publisher admitted');
    const mediaBytes = this.#context.config.maxMediaMessageBytes;
    this.#protocol.setLimits({ ...STRANGER_LIMITS, mediaBytes, unfinishedBytes: mediaBytes + 1024 * KIB });
    this.#protocol.acceptPublish();
    this.#protocol.resume();
    // It may be over already, for what it had sent before it was admitted.
    if (this.grant && !this.#socket.destroyed) {
      this.#leaveBeat = this.#context.beat.join(this.#socket, (bytes, length) => this.#receive(bytes, length));
    } else if (!this.#socket.destroyed) this.#socket.resume();
  }

  /** The show has already let go of this publisher. */
  #replaced(): void {
    this.refuse(refusal('replaced'));
  }

  #end(refused: Refusal, say?: () => void): void {
    const state = this.#state;
    if (state.name === 'closing' || state.name === 'closed') return;
    this.#context.metrics.refusal(refused.code);
    const stream = state.name === 'publishing' ? streamId(state.grant.stream) : undefined;
    this.#logger.info({ stream, address: this.address, reason: refused.code, said: refused.sentence }, 'RTMP refused');
    this.#protocol.pause();
    this.#linger();
    // Nothing can be said in RTMP to who has not shaken hands.
    if (this.#protocol.established) say?.();
    this.#socket.end();
    this.#socket.resume();
    if (state.name === 'publishing') state.publisher.stop(refused.stop);
  }

  #linger(): void {
    if (this.#state.name === 'publishing') this.#context.metrics.publishers.dec();
    this.#state = { name: 'closing', deadline: this.#context.now() + LINGER_MS };
    this.#leaveBeat?.();
  }

  #closed(): void {
    const state = this.#state;
    if (state.name === 'closed') return;
    if (state.name === 'publishing') {
      this.#context.metrics.publishers.dec();
      this.#logger.info({ stream: streamId(state.grant.stream) }, 'publisher gone');
    }
    this.#state = { name: 'closed' };
    this.#leaveBeat?.();
    if (state.name === 'publishing') state.publisher.stop('dropped');
    this.#context.ended(this);
  }
}
