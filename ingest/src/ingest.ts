import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from '@prometheus-io/client';
import type { FlvSource, Logger, StreamRef } from '@showrunner/service-kit';
import type { Admission } from './admission/admission.ts';
import { ingestConfigSchema, type IngestConfigInput } from './config.ts';
import type { StreamFacts } from './facts/stream-meter.ts';
import { FlvOutput } from './http/flv-output.ts';
import { IngestMetrics } from './metrics.ts';
import { RtmpServer } from './rtmp/server.ts';
import { Shows } from './shows/shows.ts';

export interface IngestOptions {
  readonly config?: IngestConfigInput;
  readonly admission: Admission;
  /** What readers of HTTP-FLV must show. */
  readonly flvToken: string;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface Ingest {
  /** The tags of the streams, in this process. */
  readonly source: FlvSource;
  /** The port that RTMP listens on, once started. */
  readonly rtmpPort: number;
  /** Begins to listen. Throws a sentence where the port is taken. */
  start(): Promise<void>;
  /** Tells publishers, ends all shows, and waits until every connection is gone. */
  close(): Promise<void>;
  /** Measured over the last second; `undefined` while nobody publishes. */
  facts(stream: StreamRef): StreamFacts | undefined;
  /** Answers `/flv/...`; `false` where the path is none of ours. */
  handleHttp(request: IncomingMessage, response: ServerResponse): boolean;
}

/** RTMP in, tags out. */
export function createIngest(options: IngestOptions): Ingest {
  const { admission, logger, registry, now = Date.now } = options;
  const config = ingestConfigSchema.parse(options.config ?? {});
  const metrics = new IngestMetrics(registry);
  const shows = new Shows(logger, now);
  const server = new RtmpServer({ config, admission, shows, metrics, logger, now });
  const flv = new FlvOutput({ config, shows, metrics, token: options.flvToken });
  return {
    source: shows,
    get rtmpPort() {
      return server.port;
    },
    start: () => server.start(),
    async close() {
      await server.close();
      shows.close();
      flv.close();
    },
    facts: (stream) => shows.facts(stream),
    handleHttp: (request, response) => flv.handle(request, response),
  };
}
