import type { FlvTag, StopReason } from '@showrunner/service-kit';
import type { AdmissionPolicy } from '../admission/admission.ts';

/** What a show asks of the connection that publishes it. */
export interface PublisherConnection {
  /** Another publisher has taken over. The show no longer listens to this one. */
  replaced(): void;
}

/** A publisher's door to its show. After `stop`, or once it was replaced, nothing that it says counts. */
export interface Publisher {
  /** H.264, AAC or script. The first one puts the show on air. */
  media(type: FlvTag['type'], timestamp: number, payload: Buffer): void;
  setPolicy(policy: AdmissionPolicy): void;
  stop(reason: StopReason): void;
}
