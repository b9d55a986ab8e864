import type { LADDER_PRESETS, StreamComponent } from '@showrunner/crds';

/** Where viewers and publishers reach Showrunner, without a slash at the end. */
export interface Urls {
  readonly http: string;
  readonly rtmp: string;
}

/** What the platform team decided for all resources. */
export interface OperatorSettings {
  readonly urls: Urls;
  readonly images: Readonly<Record<StreamComponent, string>>;
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Names of Secrets in the resource's own namespace. */
  readonly imagePullSecrets: readonly string[];
  /** The tallest ladder that a LiveStream may ask for. */
  readonly maxLadder: (typeof LADDER_PRESETS)[number];
  readonly clusterDomain: string;
  /** Log level of the pods. */
  readonly logLevel: string;
  /** How long a pod that is told to end goes on with a running show, milliseconds. */
  readonly drainMs: number;
}
