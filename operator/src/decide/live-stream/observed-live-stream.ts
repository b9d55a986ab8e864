import type { StreamComponent } from '@showrunner/crds';
import type { IngestState, TranscoderState } from '@showrunner/service-kit';
import type { ObservedDeployment, ObservedObject, ObservedPod, ObservedSecret } from '../objects/observed-object.ts';
import type { ObservedKey } from './decide-keys.ts';
import type { ObservedShow } from './decide-status.ts';
import type { Turn } from '../objects/quota-line.ts';

type PerComponent<T> = Readonly<Record<StreamComponent, T>>;

/** All that is known of what belongs to a LiveStream. */
export interface ObservedLiveStream {
  /** Left-over Secrets (`isLeftOver`) count as missing. */
  readonly key: ObservedKey;
  readonly children: StreamObjects;
  /** The namespace is being deleted, which takes the stream along when its pods are gone. */
  readonly namespaceTerminating: boolean;
  /** As `followShow` left it; `undefined` until its pods were asked for the first time since the operator started. */
  readonly followed: FollowedShow | undefined;
  /** When its pods were last asked, epoch ms: pods are replaced and stopped only on what was seen a moment ago. */
  readonly followedAt?: number | undefined;
  /** When a publisher last knocked at the front door, epoch ms. */
  readonly knockedAt?: number | undefined;
  /** Writes that the API refused for what is in them (`isRefusal`), the last one of each object, until one of it succeeds. */
  readonly refusals: readonly Refusal[];
  /** Whether it may ask for pods, as far as the quotas of its namespace are concerned. */
  readonly turn: Turn;
  /** Since when a quota has refused it a pod without interruption, epoch ms. */
  readonly lackingSince?: number | undefined;
  /** New random keys, taken where one is to be made (`makeStreamKey`). */
  readonly fresh: { readonly streamKey: string; readonly flvToken: string };
}

export interface StreamObjects {
  /** Secret NAME-stream-key; not asked for where the spec names another. */
  readonly keySecret?: ObservedObject | undefined;
  /** The Secret that is mounted into the pods, and the token in it. */
  readonly config?:
    | (ObservedSecret & {
        readonly flvToken?: string | undefined;
        /** What it says of transcoding (`transcodeIn`). */
        readonly transcode?: string | undefined;
      })
    | undefined;
  readonly deployments: PerComponent<ObservedDeployment | undefined>;
  readonly services: PerComponent<ObservedObject | undefined>;
  readonly disruptionBudgets: PerComponent<ObservedObject | undefined>;
  readonly pods: PerComponent<readonly ObservedPod[]>;
}

export interface Refusal {
  /** `Deployment "live-ingest"`, as `nameOf` writes it. */
  readonly object: string;
  /** Hash of the refused manifest (its annotation `showrunner.dev/applied`). */
  readonly applied: string;
  readonly message: string;
  /** Epoch ms. */
  readonly at: number;
}

/** What one pod answered when it was last asked. */
export interface PodAnswer<State> {
  /** uid */
  readonly pod: string;
  readonly ready: boolean;
  /** `undefined` where it was not asked yet, or did not answer. */
  readonly state: State | undefined;
}

/** One answer for each pod that has an address and has not finished; pods that are being deleted included. */
export interface PodAnswers {
  readonly ingest: readonly PodAnswer<IngestState>[];
  readonly transcoder: readonly PodAnswer<TranscoderState>[];
}

/** What is known of a stream's publisher and of its current or last show. Times in epoch ms. */
export interface FollowedShow {
  /** `expected`: let in, without media yet. `unknown` is not `off`. */
  readonly publisher: 'unknown' | 'off' | 'expected' | 'live' | 'reconnecting';
  readonly show: ObservedShow | undefined;
  /** uid of the ingest pod that the publisher of the running show is or was at. */
  readonly ingestPod?: string | undefined;
  /** When that publisher came, as ingest writes it. */
  readonly publisherSince?: string | undefined;
  /** Since when no pod has had the publisher of a show that has not ended. */
  readonly missingSince?: number | undefined;
  /** Since when the state of the pods is unknown. */
  readonly unknownSince?: number | undefined;
}
