import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, streamId, type FlvTag, type StopReason } from '@showrunner/service-kit';
import type { Grant } from '../admission/admission.ts';
import { refusal, type Refusal } from '../errors.ts';
import { codecProblem } from '../rtmp/codec.ts';
import type { Publisher } from '../shows/publisher.ts';
import type { NginxContext } from './nginx-context.ts';
import { PlayClient } from './play-client.ts';

/** Who publishes, and the name under which nginx keeps that. */
export interface NginxPublisherIdentity {
  /** Of the connection, in nginx. */
  readonly client: string;
  readonly streamName: string;
}

const KIB = 1024;
/** How long the end of the stream may come after nginx has told of it. */
const LAST_MEDIA_MS = 1_000;

/**
 * `opening` until nginx plays the stream to us, `publishing` from when the show has been told, `over` once either side has
 * let go.
 */
type State =
  | { readonly name: 'opening' }
  | { readonly name: 'publishing'; readonly publisher: Publisher }
  | { readonly name: 'over' };

/** One publisher that nginx has asked about: what it sends is played from nginx and handed to its show. */
export class NginxPublisher {
  readonly identity: NginxPublisherIdentity;
  readonly grant: Grant;
  /** On the clock of its context. */
  readonly since: number;
  readonly #context: NginxContext;
  readonly #play: PlayClient;
  #state: State = { name: 'opening' };
  #lastMedia: number;
  #hungUpAt = Infinity;

  constructor(identity: NginxPublisherIdentity, grant: Grant, context: NginxContext) {
    this.identity = identity;
    this.grant = grant;
    this.#context = context;
    this.since = context.now();
    this.#lastMedia = this.since;
    const mediaBytes = context.config.maxMediaMessageBytes;
    this.#play = new PlayClient({
      socketPath: context.sockets.play,
      streamName: identity.streamName,
      limits: { mediaBytes, otherBytes: 64 * KIB, unfinishedBytes: mediaBytes + KIB * KIB, chunkStreams: 32 },
      onMedia: (type, timestamp, payload) => this.#media(type, timestamp, payload),
      onEnd: (problem) => {
        if (problem) context.logger.warn({ stream: streamId(grant.stream), problem }, 'nginx plays a stream no more');
        this.gone();
      },
    });
  }

  /** Plays from nginx, then tells the show. Answers why the publisher may not begin; `undefined` where it may. */
  async open(): Promise<Refusal | undefined> {
    const { shows, metrics, logger } = this.#context;
    try {
      await this.#play.start();
    } catch (error) {
      if (this.#over) return refusal('gone');
      logger.error({ err: error, stream: streamId(this.grant.stream) }, 'nginx does not play a stream');
      this.#end('refused');
      return refusal('admission-failed');
    }
    // Another one may have been let in meanwhile, and this one have hung up.
    if (this.#over) return refusal('gone');
    const connection = { replaced: () => this.refuse(refusal('replaced')) };
    const publisher = shows.publish(this.grant.stream, connection, this.grant.policy);
    if (!publisher) {
      this.#end('refused');
      return refusal('already-publishing');
    }
    this.#state = { name: 'publishing', publisher };
    this.#lastMedia = this.#context.now();
    metrics.publishers.inc();
    logger.info({ stream: streamId(this.grant.stream) }, 'publisher admitted');
    return undefined;
  }

  /** To be called a few times a second: ends what is allowed no longer, or has sent nothing for too long. */
  sweep(now: number): void {
    if (this.#state.name !== 'publishing') return;
    const verdict = this.#context.admission.review(this.grant);
    if (!verdict.admitted) this.refuse(verdict.refusal);
    else if (now - this.#hungUpAt > LAST_MEDIA_MS) this.gone();
    else if (now - this.#lastMedia > verdict.policy.idleTimeoutMs) this.refuse(refusal('idle'));
    else this.#state.publisher.setPolicy(verdict.policy);
  }

  /** Has nginx hang up, which tells the publisher nothing; the show and the log hear why. */
  refuse(refused: Refusal): void {
    if (this.#over) return;
    const { metrics, logger, drop } = this.#context;
    metrics.refusal(refused.code);
    const stream = streamId(this.grant.stream);
    logger.info({ stream, reason: refused.code, unsaid: refused.sentence }, 'RTMP refused');
    this.#end(refused.stop);
    drop(this.identity.streamName);
  }

  /** It has hung up. What it sent before may still be on its way to us; behind that comes the end of the stream. */
  hungUp(): void {
    if (this.#state.name === 'opening') this.gone();
    else this.#hungUpAt = Math.min(this.#hungUpAt, this.#context.now());
  }

  /** The connection is no more. nginx does not tell who said goodbye from who was cut off. */
  gone(): void {
    if (this.#over) return;
    this.#context.logger.info({ stream: streamId(this.grant.stream) }, 'publisher gone');
    this.#end('dropped');
  }

  get #over(): boolean {
    return this.#state.name === 'over';
  }

  #end(reason: StopReason): void {
    const state = this.#state;
    this.#state = { name: 'over' };
    this.#play.close();
    this.#context.ended(this);
    if (state.name !== 'publishing') return;
    this.#context.metrics.publishers.dec();
    state.publisher.stop(reason);
  }

  #media(type: FlvTag['type'], timestamp: number, payload: Buffer): void {
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
}
