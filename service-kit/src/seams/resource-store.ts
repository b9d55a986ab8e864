import type { LiveStream, Secret } from '@showrunner/crds';

/** The kinds that a store knows, by name. */
export interface Kinds {
  LiveStream: LiveStream;
  Secret: Secret;
}
export type Kind = keyof Kinds;

export interface ResourceKey {
  readonly namespace: string;
  readonly name: string;
}

/** Which object it is; another one may have the same key later. */
export interface Identity extends ResourceKey {
  readonly uid: string | undefined;
}

/** A kind whose `status` is written apart from the rest. */
export type KindWithStatus = { [K in Kind]: Kinds[K] extends { status?: unknown } ? K : never }[Kind];
export type StatusOf<K extends KindWithStatus> = Kinds[K]['status'];

export type Change<K extends Kind> = { readonly type: 'added' | 'modified' | 'deleted'; readonly object: Kinds[K] };
export type WatchEvent<K extends Kind> =
  | Change<K>
  /** It is there, but breaks a rule of this version: no more is known of it, and what was known holds no longer. */
  | { readonly type: 'unreadable'; readonly identity: Identity };

/**
 * Thrown by `list` and `watch` of a namespace that may not be read, as one that is gone with the right to it. Nobody says whether
 * what was known of it still holds.
 */
export class ForbiddenError extends Error {
  override readonly name = 'ForbiddenError';
}
/** Thrown by writes that name a resourceVersion which is no longer the current one. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}
/** Thrown by `watch` when the version is older than what the store remembers: list again. */
export class ExpiredError extends Error {
  override readonly name = 'ExpiredError';
}
/** Thrown by `patchStatus` and `delete` for what is not there. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}
/** Thrown by `apply` for a resource that breaks a rule: one sentence per field, each with key, value and rule. */
export class InvalidResourceError extends Error {
  override readonly name = 'InvalidResourceError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Keeps resources: SQLite on the laptop, the Kubernetes API on a cluster. Objects come back validated with defaults
 * filled in and must not be changed by the caller. Versions are opaque strings.
 */
export interface ResourceStore {
  get<K extends Kind>(kind: K, key: ResourceKey): Promise<Kinds[K] | undefined>;
  list<K extends Kind>(kind: K, namespace?: string): Promise<{ items: Kinds[K][]; resourceVersion: string }>;
  /** Changes after a version, in order, until the signal aborts. Throws ExpiredError where they are forgotten. */
  watch<K extends Kind>(kind: K, options: { from: string; signal: AbortSignal }): AsyncIterable<WatchEvent<K>>;
  /**
   * Creates or replaces everything but status. `generation` grows when spec changes. Where
   * `metadata.resourceVersion` is set it must be the current one (ConflictError). An apply that changes nothing
   * writes nothing.
   */
  apply<K extends Kind>(kind: K, object: unknown): Promise<Kinds[K]>;
  /** Replaces the status only. The same rule for `resourceVersion`. */
  patchStatus<K extends KindWithStatus>(
    kind: K,
    key: ResourceKey,
    status: StatusOf<K>,
    options?: { resourceVersion?: string },
  ): Promise<Kinds[K]>;
  delete(kind: Kind, key: ResourceKey): Promise<void>;
}
