import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from '@prometheus-io/client';
import type { FlvSource, IngestState, Logger, StreamFacts, StreamRef } from '@showrunner/service-kit';
import type { Admission } from './admission/admission.ts';
import { ingestConfigSchema, type IngestConfigInput } from './config.ts';
import type { Door, DoorContext } from './door.ts';
import type { RefusedClient } from './errors.ts';
import { FlvOutput } from './http/flv-output.ts';
import { IngestMetrics } from './metrics.ts';
import { RtmpServer } from './rtmp/server.ts';
import { Shows } from './shows/shows.ts';

/** Of what may wait for a reader: the rest is for what is sent while it takes the replay. */
const REPLAY_SHARE = 0.75;

export interface IngestOptions {
  readonly config?: IngestConfigInput;
  readonly admission: Admission;
  /** What readers of HTTP-FLV must show; where it may change, as of now. */
  readonly flvToken: string | (() => string);
  readonly logger: Logger;
  readonly registry: Registry;
  /**
   * When a stream's show went on air, in milliseconds since the epoch, where it may be that another ingest had it and is gone: who
   * publishes now goes on with that show.
   */
  readonly leftSince?: (stream: StreamRef) => number | undefined;
  /** A client was turned away, or a publisher sent away. */
  readonly onRefused?: (client: RefusedClient) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

export interface Ingest {
  /** The tags of the streams, in this process. */
  readonly source: FlvSource;
  /** The port that RTMP listens on, once started. */
  readonly rtmpPort: number;
  /** Begins to listen. Throws a sentence where the port is taken. */
  start(): Promise<void>;
  /** Lets nobody in any more, and waits until those who publish have ended or the signal aborts. */
  drain(signal: AbortSignal): Promise<void>;
  /** Tells publishers, ends all shows, and waits until every connection is gone. */
  close(): Promise<void>;
  /** Measured over the last second; `undefined` while nobody publishes. */
  facts(stream: StreamRef): StreamFacts | undefined;
  state(stream: StreamRef): IngestState;
  /** Answers `/flv/...`; `false` where the path is none of ours. */
  handleHttp(request: IncomingMessage, response: ServerResponse): boolean;
}

/** RTMP in, tags out. */
export function createIngest(options: IngestOptions): Ingest {
  return ingestBehind((context) => new RtmpServer(context), options);
}

/** The same behind any door. */
export function ingestBehind(makeDoor: (context: DoorContext) => Door, options: IngestOptions): Ingest {
  const { admission, flvToken, logger, registry, leftSince, onRefused, now = () => performance.now() } = options;
  const config = ingestConfigSchema.parse(options.config ?? {});
  const metrics = new IngestMetrics(registry);
  const shows = new Shows({ logger, now, date: Date.now, leftSince, replayBytes: REPLAY_SHARE * config.flvQueueBytes });
  const door = makeDoor({ config, admission, shows, metrics, logger, onRefused, now });
  const flv = new FlvOutput({
    config,
    shows,
    metrics,
    get token() {
      return typeof flvToken === 'string' ? flvToken : flvToken();
    },
  });
  return {
    source: shows,
    get rtmpPort() {
      return door.port;
    },
    start: () => door.start(),
    drain: (signal) => {
      flv.leave();
      return door.drain(signal);
    },
    async close() {
      await door.close();
      shows.close();
      flv.close();
    },
    facts: (stream) => shows.facts(stream),
    state(stream) {
      const onAirSince = shows.onAirSince(stream);
      const facts = shows.facts(stream);
      return {
        state: shows.state(stream),
        ...(onAirSince === undefined ? {} : { onAirSince: new Date(onAirSince).toISOString() }),
        ...(facts && { facts }),
      };
    },
    handleHttp: (request, response) => flv.handle(request, response),
  };
}
