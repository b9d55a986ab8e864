import type { KubeObject, KubeResource } from '@showrunner/service-kit/kube';
import type { Standing } from './objects/quota-line.ts';

/** An object as we want it, whole, as server-side apply takes it. */
export interface Manifest extends KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeObject['metadata'] & { readonly namespace: string };
  readonly [field: string]: unknown;
}

export interface Apply {
  readonly manifest: Manifest;
  /**
   * Of the object that is there: applied by force to that very one (`metadata.uid`). Without it none was seen: applied
   * without force, so that a 409 says that somebody else's object has the name (then read it and decide again).
   */
  readonly uid?: string;
}

export interface ObjectRef {
  readonly resource: KubeResource;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A merge patch of a pod's annotations; `null` takes one away. */
export interface PodAnnotations {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly annotations: Readonly<Record<string, string | null>>;
}

/** Told about the resource. */
export interface DecidedEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What is to be written, in the order of the fields. Empty lists and no status: nothing. */
export interface Decision<Status> {
  /** Made anew by POST; 409 says that what was observed is old: decide again. */
  readonly create: readonly Manifest[];
  readonly apply: readonly Apply[];
  readonly delete: readonly ObjectRef[];
  /** Told when all of the above are written. */
  readonly writeEvents: readonly DecidedEvent[];
  readonly podAnnotations: readonly PodAnnotations[];
  /** `undefined` where the resource has it already. */
  readonly status: Status | undefined;
  /** Told when the status is written. */
  readonly events: readonly DecidedEvent[];
  /** When to decide again though nothing came, milliseconds from now. */
  readonly lookAgainMs: number | undefined;
  /** How it stands with the quotas of its namespace. */
  readonly standing: Standing;
  /** How often to ask its pods: each second, once a minute, not at all. */
  readonly poll: 'active' | 'sweep' | 'none';
}
