import type { StreamRef } from '@showrunner/service-kit';
import type { Refusal } from '../errors.ts';

/** What a LiveStream asks of the ingest of its show. */
export interface AdmissionPolicy {
  /** Whether a second publisher replaces the first or is refused. */
  readonly takeover: 'newest' | 'refuse';
  readonly reconnectGraceMs: number;
  readonly idleTimeoutMs: number;
}

export type AdmissionResult =
  | {
      readonly admitted: true;
      readonly stream: StreamRef;
      /** Of that stream: another one may have its name later. */
      readonly uid: string | undefined;
      readonly policy: AdmissionPolicy;
      readonly keyHash: string;
    }
  | { readonly admitted: false; readonly refusal: Refusal };

export type Grant = Extract<AdmissionResult, { admitted: true }>;

/** Decides who may publish, and where to. */
export interface Admission {
  /** Answers for a key that a publisher sent. May wait; must not throw for a key that it does not know. */
  admit(key: string): Promise<AdmissionResult>;
  /** Whether a grant still stands, and on what terms now. */
  review(grant: Grant): AdmissionResult;
  /** Why the stream may have no show at all now: it is switched off or deleted. */
  barred(stream: StreamRef): Refusal | undefined;
  /** Calls when the grants of a stream should be reviewed. Answers how to stop listening. */
  onChange(listener: (stream: StreamRef) => void): () => void;
}
