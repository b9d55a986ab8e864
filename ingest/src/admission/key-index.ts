import { timingSafeEqual } from 'node:crypto';
import { durationMs, isNamespaceTerminating, type LiveStream } from '@showrunner/crds';
import { type Identity, leanLiveStream, streamId, type StreamRef } from '@showrunner/service-kit';
import { refusal, type Refusal } from '../errors.ts';
import type { AdmissionResult, Grant } from './admission.ts';

const HASH = /^[0-9a-f]{64}$/;
const BUCKET_CHARACTERS = 4;

interface AcceptedKey {
  readonly hash: Buffer;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly id: string;
}

/**
 * All LiveStreams and the hashes of their keys. A key is looked for among those whose hash begins alike, each compared
 * in constant time: what the time tells is of a hash, which says nothing of the key.
 */
export class KeyIndex {
  readonly #streams = new Map<string, LiveStream>();
  readonly #buckets = new Map<string, AcceptedKey[]>();
  /** Streams of which no more is known than that they are there, with their uid. */
  readonly #unreadable = new Map<string, string | undefined>();

  /**
   * All there are in a namespace (in all where none is named), from a list. Answers those that were known and are no more, or
   * have changed.
   */
  replaceAll(streams: readonly LiveStream[], unreadable: readonly Identity[] = [], namespace?: string): StreamRef[] {
    const affected = new Map<string, StreamRef>();
    const isOfList = (id: string) => namespace === undefined || id.startsWith(`${namespace}/`);
    const known = [...this.#streams.values()].filter((stream) => isOfList(idOf(stream)));
    for (const stream of [...known, ...streams]) affected.set(idOf(stream), refOf(stream));
    for (const stream of known) this.#remove(idOf(stream));
    for (const stream of streams) this.set(stream);
    for (const id of [...this.#unreadable.keys()].filter(isOfList)) this.#unreadable.delete(id);
    unreadable.forEach((stream) => this.setUnreadable(stream));
    return [...affected.values()];
  }

  set(stream: LiveStream): void {
    const id = idOf(stream);
    this.#remove(id);
    this.#unreadable.delete(id);
    this.#streams.set(id, leanLiveStream(stream));
    for (const { sha256, expiresAt } of stream.status.ingest?.keyHashes ?? []) {
      if (!HASH.test(sha256)) continue;
      const accepted = {
        hash: Buffer.from(sha256, 'hex'),
        expiresAt: expiresAt ? Date.parse(expiresAt) : Infinity,
        id,
      };
      const bucket = sha256.slice(0, BUCKET_CHARACTERS);
      this.#buckets.set(bucket, [...(this.#buckets.get(bucket) ?? []), accepted]);
    }
  }

  /** Its keys, which may have been revoked, are accepted no more. */
  setUnreadable(stream: Identity): void {
    const id = streamId(stream);
    this.#remove(id);
    this.#unreadable.set(id, stream.uid);
  }

  delete(ref: StreamRef): void {
    const id = streamId(ref);
    this.#remove(id);
    this.#unreadable.delete(id);
  }

  /**
   * Whether the stream of a grant is no more: deleted, as good as that with its namespace, or made again under its name. One that
   * cannot be read is there.
   */
  isGone({ stream, uid }: Pick<Grant, 'stream' | 'uid'>): boolean {
    const id = streamId(stream);
    const known = this.#streams.get(id);
    if (known) return known.metadata.uid !== uid || isNamespaceTerminating(known);
    return !this.#unreadable.has(id) || this.#unreadable.get(id) !== uid;
  }

  #remove(id: string): void {
    const known = this.#streams.get(id);
    if (!known) return;
    this.#streams.delete(id);
    for (const { sha256 } of known.status.ingest?.keyHashes ?? []) {
      const bucket = sha256.slice(0, BUCKET_CHARACTERS);
      const rest = (this.#buckets.get(bucket) ?? []).filter((accepted) => accepted.id !== id);
      if (rest.length > 0) this.#buckets.set(bucket, rest);
      else this.#buckets.delete(bucket);
    }
  }

  get(ref: StreamRef): LiveStream | undefined {
    return this.#streams.get(streamId(ref));
  }

  find(keyHash: string, now: number): AdmissionResult {
    const stream = this.#streams.get(this.#owner(keyHash, now) ?? '');
    if (!stream) return { admitted: false, refusal: refusal('unknown-key') };
    const barred = this.barred(refOf(stream));
    if (barred) return { admitted: false, refusal: barred };
    const { takeover, reconnectGrace, idleTimeout } = stream.spec.ingest;
    const policy = { takeover, reconnectGraceMs: durationMs(reconnectGrace), idleTimeoutMs: durationMs(idleTimeout) };
    return { admitted: true, stream: refOf(stream), uid: stream.metadata.uid, policy, keyHash };
  }

  /** As `find`, for a publisher that was admitted before: it hears what became of its stream or key. */
  review(ref: StreamRef, keyHash: string, now: number): AdmissionResult {
    const barred = this.barred(ref);
    if (barred) return { admitted: false, refusal: barred };
    if (this.#owner(keyHash, now) === streamId(ref)) return this.find(keyHash, now);
    return { admitted: false, refusal: refusal('key-withdrawn') };
  }

  /** Why the stream may have no show now. */
  barred(ref: StreamRef): Refusal | undefined {
    const stream = this.#streams.get(streamId(ref));
    if (!stream || isNamespaceTerminating(stream)) return refusal('deleted');
    return stream.spec.enabled ? undefined : refusal('disabled');
  }

  /**
   * Of several streams that accept a key (one's former key may be another's present one) the one that accepts it
   * longest, then the first by name: the answer must not change with the order in which streams are updated.
   */
  #owner(keyHash: string, now: number): string | undefined {
    const wanted = Buffer.from(keyHash, 'hex');
    let owner: AcceptedKey | undefined;
    for (const accepted of this.#buckets.get(keyHash.slice(0, BUCKET_CHARACTERS)) ?? []) {
      if (!timingSafeEqual(accepted.hash, wanted) || now >= accepted.expiresAt) continue;
      if (!owner || accepted.expiresAt > owner.expiresAt) owner = accepted;
      else if (accepted.expiresAt === owner.expiresAt && accepted.id < owner.id) owner = accepted;
    }
    return owner?.id;
  }
}

function refOf(stream: LiveStream): StreamRef {
  return { namespace: stream.metadata.namespace, name: stream.metadata.name };
}

function idOf(stream: LiveStream): string {
  return streamId(refOf(stream));
}
