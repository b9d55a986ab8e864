import { isDeepStrictEqual } from 'node:util';
import { isNamespaceTerminating } from '@showrunner/crds';
import { KeyedQueue, type Logger, type StreamRef, hashStreamKey, streamId } from '@showrunner/service-kit';
import { KubeError, type KubeClient, type KubeObject, type KubeResource } from '@showrunner/service-kit/kube';
import {
  KeyHolders,
  type OperatorSettings,
  QuotaLine,
  followShow,
  formerHashes,
  liveStreamKind,
  REFUSED_FOR_MS,
  statusHashes,
  toldRefusal,
} from '../../decide/index.ts';
import type { OperatorMetrics } from '../../metrics.ts';
import type { PodHttp } from '../pod-http.ts';
import { carryOut } from '../carry-out.ts';
import { EventRecorder } from '../event-recorder.ts';
import type { Term } from '../leader.ts';
import { lookAtNamespace } from '../namespace-look.ts';
import { PodStates } from '../pod-states.ts';
import { STRANGER_LOOK_MS, lookAtStrangers } from '../strangers.ts';
import { TermOverError, Writer } from '../writer.ts';
import { askPods } from './ask-pods.ts';
import type { ClusterView } from './cluster-view.ts';
import { keySecretFor } from './key-secret.ts';
import { type KeptStream, keepStranger } from './kept.ts';
import { observeStream } from './observe-stream.ts';
import { type StreamMemory, newStreamMemory, renewFresh } from './stream-memory.ts';

export interface StreamReconcilerOptions {
  readonly view: ClusterView;
  readonly client: KubeClient;
  readonly term: Term;
  readonly settings: OperatorSettings;
  readonly podHttp: PodHttp;
  readonly metrics: OperatorMetrics;
  readonly logger: Logger;
  /** Name of the pod. */
  readonly instance: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Streams that are dealt with at once: enough to keep the API busy, too few to be throttled by it. */
const CONCURRENCY = 24;
const BACK_OFF = { firstMs: 200, maxMs: 60_000 };
/** A namespace that is not known yet is looked at again after this. */
const UNKNOWN_RETRY_MS = 500;
/** Namespaces of which no list comes must not keep new keys out of the others for longer. */
const UNKNOWN_KEYS_MS = 60_000;
const CONFLICT = 409;

/** Carries LiveStreams out for as long as a term as leader lasts. It begins with nothing but what the cluster says. */
export class StreamReconciler {
  readonly #options: StreamReconcilerOptions;
  readonly #now: () => number;
  readonly #queue: KeyedQueue;
  readonly #podStates: PodStates;
  readonly #writer: Writer;
  readonly #recorder: EventRecorder;
  readonly #keyHolders = new KeyHolders();
  readonly #startedAt: number;
  readonly #quotaLine: QuotaLine;
  /** By namespace/name. */
  readonly #memories = new Map<string, StreamMemory>();

  constructor(options: StreamReconcilerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#startedAt = this.#now();
    const { view, client, term, metrics, logger, instance } = options;
    this.#quotaLine = new QuotaLine((namespace) => view.in(namespace)?.roomOf(namespace) ?? {});
    this.#queue = new KeyedQueue({
      run: (id) => this.#timed(id),
      onError: (error, id) => this.#failed(error, id),
      concurrency: CONCURRENCY,
      backOff: BACK_OFF,
      retryAfterMs: (error) => (error instanceof KubeError ? error.retryAfterMs : undefined),
      onWaited: (ms) => metrics.queueWaitSeconds.observe(ms / 1_000),
    });
    this.#podStates = new PodStates({ ask: (id) => this.#ask(id) });
    this.#writer = new Writer({ client, term, onWrite: (labels) => metrics.writes.inc(labels) });
    this.#recorder = new EventRecorder({
      client: client.until(term.signal),
      instance,
      logger,
      onDropped: () => metrics.eventsDropped.inc(),
    });
  }

  get queueDepth(): number {
    return this.#queue.depth;
  }

  get failing(): number {
    return this.#queue.failing;
  }

  start(): void {
    this.addAll();
    this.#podStates.start();
  }

  /** Looks at every stream that is known, at those on air first. */
  addAll(): void {
    // Oldest first: of two new streams with one key the first one keeps it.
    const streams = [...this.#options.view.streams()].sort((a, b) => createdAt(a) - createdAt(b));
    for (const { resource } of streams) this.#memoryOf(resource);
    for (const { resource } of streams) {
      const id = streamId(resource.metadata);
      if (resource.status.startedAt !== undefined && resource.status.endedAt === undefined) this.#queue.addFirst(id);
      else this.#queue.add(id);
    }
  }

  /** Something about a stream has changed. */
  changed(stream: StreamRef): void {
    this.#queue.add(streamId(stream));
  }

  /** A quota has another amount left. */
  roomChanged(namespace: string): void {
    this.#addEach(this.#quotaLine.next(namespace));
  }

  /** A publisher waits for it. */
  knock(stream: StreamRef): 'taken' | 'unknown' {
    const kept = this.#find(stream);
    if (!kept) return 'unknown';
    this.#memoryOf(kept.resource).knockedAt = this.#now();
    this.#quotaLine.hurry(streamId(stream));
    this.#queue.addFirst(streamId(stream));
    return 'taken';
  }

  /** Waits for the writes that are under way. */
  async close(): Promise<void> {
    await Promise.all([this.#podStates.close(), this.#queue.close()]);
    await this.#recorder.close();
  }

  async #timed(id: string): Promise<void> {
    const { metrics } = this.#options;
    const end = metrics.reconcileSeconds.startTimer();
    const outcome = await this.#reconcile(id);
    end();
    metrics.reconciles.inc({ outcome });
  }

  async #reconcile(id: string): Promise<'settled' | 'again'> {
    const { view, client, settings, term, logger } = this.#options;
    if (!term.isValid()) throw new TermOverError();
    const [namespace = '', name = ''] = id.split('/');
    const inside = view.in(namespace);
    if (!inside?.synced) {
      this.#queue.addAfter(id, UNKNOWN_RETRY_MS);
      return 'again';
    }
    const kept = inside.streams.objects.get(namespace, name);
    if (!kept) {
      this.#forget(id);
      return 'settled';
    }
    const { resource: stream } = kept;
    const memory = this.#memoryOf(stream);
    const pods = inside.pods.objects.group(id);
    const wasTold = isNamespaceTerminating(stream);
    memory.namespace = await lookAtNamespace(stream.metadata, pods, memory.namespace, { wasTold, client, logger });
    const absorb = (resource: KubeResource, object: KubeObject, how?: { silent: boolean }) =>
      inside.absorb(resource, object, how);
    await lookAtStrangers(memory, {
      client,
      nameLabel: liveStreamKind.nameLabel,
      keep: keepStranger,
      absorb: ({ resource }, object) => absorb(resource, object),
      now: this.#now(),
    });
    const secret = await keySecretFor(stream, inside, client, memory.readKey);
    memory.readKey = secret.read;
    const present = secret.key ? hashStreamKey(secret.key) : undefined;
    if (present !== undefined && !this.#mayClaim(stream, present)) {
      this.#queue.addAfter(id, UNKNOWN_RETRY_MS);
      return 'again';
    }
    const former = formerHashes(stream, present, this.#now());
    const { usedBy, freedFor } = this.#keyHolders.claim(id, present, former);
    this.#addEach(freedFor);

    const turn = this.#quotaLine.turnOf(id, stream.metadata.generation);
    const observed = observeStream(stream, inside, memory, { ...secret, usedBy }, turn);
    const decision = liveStreamKind.decide(stream, observed, settings, this.#now());
    this.#podStates.set(id, decision.poll);
    const outcome = await carryOut(
      {
        writer: this.#writer,
        recorder: this.#recorder,
        absorb: (resource, object, how) => {
          renewFresh(memory, stream, { resource, object });
          absorb(resource, object, how);
        },
        now: this.#now,
      },
      { resource: liveStreamKind.resource, object: stream as KubeObject },
      decision,
      memory,
    );
    memory.lackingSince = decision.standing === 'lacking' ? (memory.lackingSince ?? this.#now()) : undefined;
    this.#addEach(this.#quotaLine.stands(id, decision.standing, stream.metadata.generation));
    if (memory.taken.size > 0) this.#queue.addAfter(id, STRANGER_LOOK_MS);
    if (decision.lookAgainMs !== undefined) this.#queue.addAfter(id, decision.lookAgainMs);
    if (outcome === 'decide again') {
      this.#queue.add(id);
      return 'again';
    }
    if (outcome === 'refused as before') this.#queue.addAfter(id, REFUSED_FOR_MS);
    return 'settled';
  }

  /** A key that is new to its stream may be that of a stream in a namespace which is still being listed. */
  #mayClaim(stream: KeptStream['resource'], hash: string): boolean {
    const isPatient = this.#now() < this.#startedAt + UNKNOWN_KEYS_MS;
    return this.#options.view.complete || !isPatient || statusHashes(stream).includes(hash);
  }

  #failed(error: unknown, id: string): void {
    const { metrics, logger } = this.#options;
    // Whoever leads now deals with it.
    if (error instanceof TermOverError) return;
    metrics.reconciles.inc({ outcome: 'failed' });
    const isConflict = error instanceof KubeError && error.code === CONFLICT;
    logger[isConflict ? 'debug' : 'warn'](
      { err: error, stream: id },
      'a LiveStream is not as it should be; trying again',
    );
  }

  async #ask(id: string): Promise<boolean> {
    const [namespace = '', name = ''] = id.split('/');
    const kept = this.#find({ namespace, name });
    const memory = this.#memories.get(id);
    if (!kept || !memory || memory.uid !== kept.resource.metadata.uid) return true;
    const pods = this.#options.view.in(namespace)!.pods.objects.group(id);
    const askedAt = this.#now();
    const answers = await askPods(this.#options.podHttp, { namespace, name }, pods);
    memory.followedAt = askedAt;
    const followed = followShow(memory.followed, kept.resource, answers, this.#now());
    if (!isDeepStrictEqual(followed, memory.followed)) {
      memory.followed = followed;
      this.#queue.add(id);
    }
    return [...answers.ingest, ...answers.transcoder].every(({ state }) => state !== undefined);
  }

  #find({ namespace, name }: StreamRef): KeptStream | undefined {
    return this.#options.view.in(namespace)?.streams.objects.get(namespace, name);
  }

  #memoryOf(stream: KeptStream['resource']): StreamMemory {
    const id = streamId(stream.metadata);
    const before = this.#memories.get(id);
    if (before && before.uid === stream.metadata.uid) return before;
    // One that was deleted and made again is another.
    if (before) this.#forget(id);
    const memory = newStreamMemory(stream.metadata.uid);
    this.#memories.set(id, memory);
    // The status tells who had a key first, and who waits for room.
    this.#keyHolders.claim(id, undefined, statusHashes(stream));
    if (toldRefusal(stream)) this.#addEach(this.#quotaLine.stands(id, 'waiting', stream.status.observedGeneration));
    return memory;
  }

  #forget(id: string): void {
    this.#podStates.set(id, 'none');
    this.#memories.delete(id);
    this.#addEach(this.#keyHolders.release(id));
    this.#addEach(this.#quotaLine.leave(id));
  }

  #addEach(ids: readonly string[]): void {
    for (const id of ids) this.#queue.add(id);
  }
}

function createdAt({ resource }: KeptStream): number {
  return Date.parse(resource.metadata.creationTimestamp ?? '') || 0;
}
