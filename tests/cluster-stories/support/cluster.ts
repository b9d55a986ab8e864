/** What kubectl needs to reach a cluster. */
export interface ClusterAccess {
  /** Path of a file. */
  readonly kubeconfig: string;
  /** Folder of kubectl, helm, helm3 and ctr, where they are not the caller's own. */
  readonly bin?: string;
}

/** How the cluster of the stories is reached, as scripts/cluster.mjs says it. */
export interface Cluster extends ClusterAccess {
  /** Path of what the API server writes of who asked for what, where it is the one of tests/cluster. */
  readonly auditLog?: string;
  /** References of this checkout's images. */
  readonly images: Readonly<Record<Component, string>>;
  /** It is the one of tests/cluster, whose parts may be killed. */
  readonly isOwn: boolean;
  /** It did not run before the stories. */
  readonly isStarted: boolean;
}

export type Component = 'operator' | 'ingest' | 'transcoder' | 'web';

declare module 'vitest' {
  export interface ProvidedContext {
    cluster: Cluster;
  }
}
