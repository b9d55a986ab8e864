import type { Logger } from '@showrunner/service-kit';
import type { Admission } from './admission/admission.ts';
import type { IngestConfig } from './config.ts';
import type { RefusedClient } from './errors.ts';
import type { IngestMetrics } from './metrics.ts';
import type { Shows } from './shows/shows.ts';

/** Lets publishers in to the shows: an engine that speaks RTMP with them. */
export interface Door {
  /** The port that RTMP listens on, once started. */
  readonly port: number;
  /** Begins to listen. Throws a sentence where it cannot. */
  start(): Promise<void>;
  /** Lets nobody in any more, and waits until those who publish have ended or the signal aborts. */
  drain(signal: AbortSignal): Promise<void>;
  /** Ends every publisher, and waits until each connection is gone. Idempotent. */
  close(): Promise<void>;
}

/** What a door is made with. */
export interface DoorContext {
  readonly config: IngestConfig;
  readonly admission: Admission;
  readonly shows: Pick<Shows, 'publish' | 'end' | 'sweep' | 'state'>;
  readonly metrics: IngestMetrics;
  readonly logger: Logger;
  readonly onRefused?: ((client: RefusedClient) => void) | undefined;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}
