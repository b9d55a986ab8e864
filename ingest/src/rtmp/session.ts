import type { Socket } from 'node:net';
import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, streamId, type FlvTag, type StopReason } from '@showrunner/service-kit';
import type { Grant } from '../admission/admission.ts';
import type { DoorContext } from '../door.ts';
import { refusal } from '../errors.ts';
import type { Publisher } from '../shows/publisher.ts';
import { codecProblem } from './codec.ts';
import { RtmpConnection, STRANGER_LIMITS, type ConnectionContext } from './connection.ts';
import type { ReadBeat } from './read-beat.ts';

/** What a session needs of the server around it. */
export interface SessionContext extends DoorContext, Pick<ConnectionContext, 'makeRoom'> {
  /** Reads those who publish. */
  readonly beat: ReadBeat;
}

const MIB = 1024 * 1024;

/** An RTMP connection that publishes into a show of this process. */
export class RtmpSession extends RtmpConnection {
  readonly #context: SessionContext;
  /** While it publishes. */
  #publisher: Publisher | undefined;
  #lastMedia = 0;
  #leaveBeat: (() => void) | undefined;

  constructor(accepted: Socket, context: SessionContext, onClosed: () => void) {
    super(accepted, context, onClosed);
    this.#context = context;
  }

  onUnpublish(): void {
    if (this.#publisher) this.depart('closed', () => this.protocol.acceptUnpublish());
  }

  onMedia(type: FlvTag['type'], timestamp: number, payload: Buffer): void {
    const publisher = this.#publisher;
    if (!publisher) return;
    if (type === FLV_SCRIPT) {
      publisher.media(FLV_SCRIPT, timestamp, payload);
      return;
    }
    const problem = codecProblem(type, payload);
    if (problem === 'ignored') return;
    if (problem) {
      this.refuse(refusal(problem));
      return;
    }
    this.#lastMedia = this.#context.now();
    publisher.media(type === FLV_VIDEO ? FLV_VIDEO : FLV_AUDIO, timestamp, payload);
  }

  protected received(bytes: Buffer, length: number): boolean {
    this.#context.metrics.received(length);
    this.protocol.receive(bytes, length);
    // While the key is checked the kernel's buffers hold the publisher back.
    return this.phase !== 'admitting';
  }

  protected admitted(grant: Grant): void {
    const connection = { replaced: () => this.#replaced() };
    const publisher = this.#context.shows.publish(grant.stream, connection, grant.policy);
    if (!publisher) {
      this.refuse(refusal('already-publishing'));
      return;
    }
    this.#publisher = publisher;
    this.#lastMedia = this.#context.now();
    this.#context.metrics.publishers.inc();
    this.#context.logger.info({ stream: streamId(grant.stream), address: this.address }, 'publisher admitted');
    const mediaBytes = this.#context.config.maxMediaMessageBytes;
    this.protocol.setLimits({ ...STRANGER_LIMITS, mediaBytes, unfinishedBytes: mediaBytes + MIB });
    this.protocol.acceptPublish();
    this.protocol.resume();
    // It may be over already, for what it had sent before it was admitted.
    if (this.grant && !this.socket.destroyed) {
      this.#leaveBeat = this.#context.beat.join(this.socket, (bytes, length) => this.received(bytes, length));
    } else if (!this.socket.destroyed) this.socket.resume();
  }

  protected sweepAdmitted(now: number, grant: Grant): void {
    const verdict = this.#context.admission.review(grant);
    if (!verdict.admitted) this.refuse(verdict.refusal);
    else if (now - this.#lastMedia > verdict.policy.idleTimeoutMs) this.refuse(refusal('idle'));
    else this.#publisher?.setPolicy(verdict.policy);
  }

  protected left(grant: Grant, reason: StopReason): void {
    const publisher = this.#publisher;
    this.#publisher = undefined;
    this.#leaveBeat?.();
    if (!publisher) return;
    this.#context.metrics.publishers.dec();
    if (reason === 'dropped') this.#context.logger.info({ stream: streamId(grant.stream) }, 'publisher gone');
    publisher.stop(reason);
  }

  /** The show has already let go of this publisher. */
  #replaced(): void {
    this.refuse(refusal('replaced'));
  }
}
