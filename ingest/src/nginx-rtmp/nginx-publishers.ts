import { randomBytes } from 'node:crypto';
import { hashStreamKey, streamId, type StreamRef } from '@showrunner/service-kit';
import type { AdmissionResult, Grant } from '../admission/admission.ts';
import type { DoorContext } from '../door.ts';
import { refusal, type Refusal } from '../errors.ts';
import type { CallbackHandler, PublishCall } from './callbacks.ts';
import type { NginxSockets } from './nginx-config.ts';
import type { NginxControl } from './nginx-control.ts';
import { NginxPublisher } from './nginx-publisher.ts';
import type { NginxStat } from './nginx-stat.ts';

/** Statistics may be older than an admission, by this much at most. */
const UNLISTED_MS = 5_000;

/** Everybody who publishes through one nginx: lets them in, and has nginx hang up on them. */
export class NginxPublishers implements CallbackHandler {
  readonly #context: DoorContext;
  readonly #sockets: NginxSockets;
  readonly #control: NginxControl;
  /** By the number that nginx gave the connection. */
  readonly #publishers = new Map<string, NginxPublisher>();
  /** Clients whose key is being checked. */
  readonly #asking = new Set<string>();
  /** Why a key was refused last, by its hash: nginx hangs up without a word. */
  readonly #refusals = new Map<string, Refusal>();
  #closed = false;

  constructor(context: DoorContext, sockets: NginxSockets, control: NginxControl) {
    this.#context = context;
    this.#sockets = sockets;
    this.#control = control;
  }

  /** Nobody publishes, nor is about to. */
  get idle(): boolean {
    return this.#publishers.size === 0;
  }

  async publish(call: PublishCall): Promise<string | undefined> {
    const { client } = call;
    this.#asking.add(client);
    const result = await this.#admit(call.key);
    const stillThere = this.#asking.delete(client);
    const refused = !result.admitted ? result.refusal : stillThere ? await this.#open(call, result) : refusal('gone');
    if (typeof refused === 'string') return refused;
    this.#refusals.set(hashStreamKey(call.key), refused);
    return undefined;
  }

  /** Why the key was refused, once, for the one who let it in before. */
  takeRefusal({ keyHash }: Grant): Refusal | undefined {
    const refused = this.#refusals.get(keyHash);
    this.#refusals.delete(keyHash);
    return refused;
  }

  publishDone(client: string): void {
    this.#asking.delete(client);
    this.#publishers.get(client)?.hungUp();
  }

  /** To be called a few times a second. */
  sweep(): void {
    const now = this.#context.now();
    for (const publisher of this.#publishers.values()) publisher.sweep(now);
    this.#context.shows.sweep();
  }

  /** What was admitted may be admitted no longer. */
  review(stream: StreamRef): void {
    const id = streamId(stream);
    const now = this.#context.now();
    for (const publisher of this.#publishers.values()) {
      if (streamId(publisher.grant.stream) === id) publisher.sweep(now);
    }
    // A show that waits for its publisher to come back has none that could end it.
    const barred = this.#context.admission.barred(stream);
    if (barred) this.#context.shows.end(stream, barred.stop);
  }

  /** Sets right what is known on one side only, should either have missed a word of the other. */
  compare({ streams }: NginxStat): void {
    const known = new Map(
      [...this.#publishers.values()].map((publisher) => [publisher.identity.streamName, publisher]),
    );
    for (const [name, { publishing }] of streams) if (publishing && !known.has(name)) this.#drop(name);
    const now = this.#context.now();
    for (const [name, publisher] of known) {
      if (!streams.get(name)?.publishing && now - publisher.since > UNLISTED_MS) publisher.gone();
    }
  }

  /** nginx has ended. */
  allGone(): void {
    for (const publisher of this.#publishers.values()) publisher.gone();
  }

  refuseNewcomers(): void {
    this.#closed = true;
  }

  close(): void {
    this.refuseNewcomers();
    for (const publisher of this.#publishers.values()) publisher.refuse(refusal('shutdown'));
  }

  async #admit(key: string): Promise<AdmissionResult> {
    try {
      return await this.#context.admission.admit(key);
    } catch (error) {
      this.#context.logger.error({ err: error }, 'the stream key could not be checked');
      return { admitted: false, refusal: refusal('admission-failed') };
    }
  }

  /** Answers the name that the stream gets in nginx, or why there is none. */
  async #open({ client }: PublishCall, grant: Grant): Promise<string | Refusal> {
    if (this.#closed) return refusal('shutdown');
    if (this.#publishers.size >= this.#context.config.maxPublishers) {
      return refusal('too-many-publishers');
    }
    // Nobody can guess it, and no two are alike.
    const streamName = randomBytes(12).toString('hex');
    const publisher = new NginxPublisher({ client, streamName }, grant, {
      ...this.#context,
      sockets: this.#sockets,
      drop: (name) => this.#drop(name),
      ended: () => {
        if (this.#publishers.get(client) === publisher) this.#publishers.delete(client);
      },
    });
    // One connection publishes one stream.
    this.#publishers.get(client)?.gone();
    this.#publishers.set(client, publisher);
    return (await publisher.open()) ?? streamName;
  }

  #drop(name: string): void {
    this.#control.dropPublisher(name).catch((error: unknown) => {
      // An nginx that has ended has hung up on everybody.
      this.#context.logger.debug({ err: error }, 'nginx could not be told to hang up');
    });
  }
}
