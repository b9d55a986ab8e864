import type { Engine } from '@showrunner/crds';
import type { StoreAdmission } from '../admission/store-admission.ts';
import { ingestBehind, type Ingest, type IngestOptions } from '../ingest.ts';
import { NginxServer } from '../nginx-rtmp/nginx-server.ts';
import { RtmpServer } from '../rtmp/server.ts';
import { DoorOnDemand } from './door-on-demand.ts';
import { EngineChoice } from './engine-choice.ts';

export interface TwoEngineIngestOptions extends IngestOptions {
  readonly admission: StoreAdmission;
  /** Port of nginx-rtmp; `config.port` is our own engine's. */
  readonly nginxPort: number;
  /** What goes into the Server field of OBS. */
  readonly servers: Readonly<Record<Engine, string>>;
  /** `engineState` answers otherwise than before. */
  readonly engineChanged: () => void;
}

export interface TwoEngineIngest extends Ingest {
  engineState(engine: Engine): EngineState;
}

/** `problem`: why an engine takes nobody, as a sentence. It is tried again. */
export type EngineState = 'ready' | 'starting' | { readonly problem: string };

/**
 * Both engines in one process, each at a port of its own, for the same shows. nginx runs only while a stream asks for it. Must
 * be made before the admission starts, and started after it.
 */
export function createTwoEngineIngest(options: TwoEngineIngestOptions): TwoEngineIngest {
  const { admission, nginxPort, servers, engineChanged } = options;
  let nginx: DoorOnDemand | undefined;
  const ingest = ingestBehind((context) => {
    const isOn = (stream: Parameters<typeof context.shows.state>[0]) => context.shows.state(stream) !== 'off';
    const choice = new EngineChoice({ admission, isOn, servers }, () => nginx?.look());
    const contextOf = (engine: Engine) => ({
      ...context,
      admission: choice.admissionOf(engine),
      shows: choice.showsOf(engine, context.shows),
    });
    const own = new RtmpServer(contextOf('node-media-server'));
    const onDemand = new DoorOnDemand({
      make: () => {
        const config = { ...context.config, port: nginxPort };
        return new NginxServer({ ...contextOf('nginx-rtmp'), config });
      },
      isWanted: () => choice.wants('nginx-rtmp'),
      logger: context.logger,
      changed: engineChanged,
    });
    nginx = onDemand;
    return {
      get port() {
        return own.port;
      },
      start: async () => {
        await own.start();
        await onDemand.start();
      },
      drain: async (signal) => void (await Promise.all([own.drain(signal), onDemand.drain(signal)])),
      close: async () => {
        choice.close();
        await Promise.all([own.close(), onDemand.close()]);
      },
    };
  }, options);
  return Object.assign(ingest, {
    engineState(engine: Engine): EngineState {
      const state = engine === 'nginx-rtmp' ? nginx?.state : 'open';
      if (state === 'open') return 'ready';
      return typeof state === 'object' ? state : 'starting';
    },
  });
}
