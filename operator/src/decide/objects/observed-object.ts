/** What decisions read of an object; nothing else of it is kept. */
export interface ObservedObject {
  readonly uid: string;
  /** uid of the custom resource that owns it. */
  readonly ownerUid?: string;
  /** Whether its labels say that the operator made it. */
  readonly managed: boolean;
  /** Hash of the manifest that was applied last. */
  readonly applied?: string;
  /** Somebody changed since what was applied. */
  readonly drifted: boolean;
  readonly deleting: boolean;
  /** Epoch ms. */
  readonly createdAt: number;
}

export interface ObservedSecret extends ObservedObject {
  /** Hash of its data as it is. */
  readonly content: string;
  /** When anything of it was last changed, epoch ms, to the second. */
  readonly changedAt: number;
}

export interface ObservedDeployment extends ObservedObject {
  /** Hash of its pod template. */
  readonly template?: string;
  /** Why its pods cannot be made, as Kubernetes says it (condition ReplicaFailure). */
  readonly failure?: string;
}

export interface ObservedPod {
  readonly name: string;
  readonly uid: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Hash of the template that it was made from. */
  readonly template?: string;
  readonly ready: boolean;
  /** All of its containers have ended and are not started again. */
  readonly finished: boolean;
  readonly deleting: boolean;
  readonly ip?: string;
  readonly node?: string;
  /** What keeps it from running. */
  readonly trouble?: PodTrouble;
  /** The annotations that we set while it runs. */
  readonly config?: string;
  readonly safeToEvict?: string;
}

export interface PodTrouble {
  /** As Kubernetes calls it: Unschedulable, ImagePullBackOff, CrashLoopBackOff, OOMKilled, … */
  readonly reason: string;
  readonly message: string;
  /** Nothing of it runs or is about to: Kubernetes waits for a node, for an image, or longer after each crash. */
  readonly isStuck: boolean;
}
