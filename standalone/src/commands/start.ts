import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { LiveStream } from '@showrunner/crds';
import { createStoreAdmission, createTwoEngineIngest } from '@showrunner/ingest';
import { sourceFacts } from '@showrunner/operator/decide';
import {
  createLogger,
  createOpsHandler,
  createRegistry,
  createShutdown,
  relaxCollector,
  streamId,
  type StreamRef,
} from '@showrunner/service-kit';
import { createTranscoder } from '@showrunner/transcoder';
import { createWeb } from '@showrunner/web';
import { banner } from '../banner.ts';
import { publicUrl, rtmpServers, type StandaloneConfig } from '../config.ts';
import { LiveStreamController } from '../controller/live-stream-controller.ts';
import { openDataFolder, type DataFolder } from '../data-folder.ts';
import { eventLine, terminalLine } from '../event-line.ts';
import { ensureFirstShow, FIRST_SHOW } from '../first-show.ts';
import { flvToken } from '../flv-token.ts';
import { createHttpServer, type Responder } from '../http-server.ts';
import { LastViewers } from '../last-viewers.ts';
import { RefusalLines } from '../refusal-lines.ts';
import { lockForServer, type ServerLock } from '../server-lock.ts';
import { shownKey, type ShownKey } from '../shown-key.ts';
import { CommandError } from './command-error.ts';
import { readKey } from './key.ts';

const APP_FOLDER = fileURLToPath(new URL('../dist', import.meta.resolve('@showrunner/web')));
const FACTS_INTERVAL_MS = 2_000;
const REFUSALS_INTERVAL_MS = 1_000;
const SHUTDOWN_STEP_MS = 8_000;
const KEY_WAIT_MS = 5_000;

interface Listener {
  readonly host: string;
  readonly port: number;
  /** What the port is set with. */
  readonly variable: string;
}

/** Turns the refusal of a port into a sentence. */
function explainListenError(error: unknown, { host, port, variable }: Listener): Error {
  // Ingest wraps what the system said.
  const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  const other = `choose another with ${variable}=${port < 65_535 ? port + 1 : 8_080}`;
  switch (code) {
    case 'EADDRINUSE':
      return new CommandError(`Port ${port} is in use. Stop what uses it, or ${other}.`);
    case 'EACCES':
      return new CommandError(`Port ${port} needs more rights than you have: ${other}.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new CommandError(`SHOWRUNNER_HOST: "${host}" is not an address of this machine.`);
    default:
      return error as Error;
  }
}

/** The stream's key as soon as it is accepted, or why it is not. */
async function keyToShow(data: DataFolder, ref: StreamRef): Promise<ShownKey> {
  const signal = AbortSignal.timeout(KEY_WAIT_MS);
  async function look(stream: LiveStream): Promise<ShownKey | undefined> {
    if (streamId(stream.metadata) !== streamId(ref)) return undefined;
    const key = await readKey(data, ref).catch((error: unknown) => {
      // One stream whose Secret is broken keeps none of the others from running.
      if (error instanceof CommandError) return undefined;
      throw error;
    });
    return shownKey(stream, key?.key);
  }
  const { items, resourceVersion } = await data.resources.list('LiveStream');
  for (const item of items) {
    const shown = await look(item);
    if (shown) return shown;
  }
  for await (const event of data.resources.watch('LiveStream', { from: resourceVersion, signal })) {
    const shown = await look(event.object);
    if (shown) return shown;
  }
  return { problem: `The key of ${streamId(ref)} is not accepted yet: \`showrunner get ${streamId(ref)}\` says why.` };
}

/** `showrunner start`: everything in this process, until Ctrl-C. */
export async function start(config: StandaloneConfig): Promise<void> {
  relaxCollector();
  const logger = createLogger({ name: 'showrunner', level: config.logLevel });
  const registry = createRegistry();
  const shutdown = createShutdown({ logger, timeoutMs: SHUTDOWN_STEP_MS });
  const http = publicUrl(config);
  const servers = rtmpServers(config);
  const { host } = config;
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  let lock: ServerLock | undefined;
  shutdown.onShutdown('last line', () => {
    if (state === 'stopping') process.stdout.write(terminalLine('Stopped. Shows and keys are kept.', new Date()));
  });
  shutdown.onShutdown('server lock', () => lock?.close());
  const data = openDataFolder(config.data);
  const { resources, secrets } = data;
  shutdown.onShutdown('data folder', () => data.close());

  try {
    // Before the ports: who starts twice is told so, rather than to choose another port.
    lock = lockForServer(data.path);
    const refusals = new RefusalLines();
    const { stream, isFirst } = await ensureFirstShow(resources);
    const admission = createStoreAdmission({ feeds: [resources], logger });
    const ingest = createTwoEngineIngest({
      config: { host, port: config.rtmpPort },
      admission,
      flvToken: await flvToken(secrets),
      logger,
      registry,
      nginxPort: config.nginxRtmpPort,
      servers,
      onRefused: (client) => {
        // Those of the shutdown go without saying.
        const line = state === 'ready' ? refusals.refused(client, new Date()) : undefined;
        if (line) process.stdout.write(line);
      },
      engineChanged: () => controller.engineChanged(),
    });
    const transcoder = createTranscoder({ source: ingest.source, ffmpeg: config.ffmpeg, logger, registry });
    const controller: LiveStreamController = new LiveStreamController({
      resources,
      secrets,
      source: ingest.source,
      host: transcoder,
      urls: { http },
      engines: { servers, state: (engine) => ingest.engineState(engine) },
      onEvent: (ref, sentence) => {
        // Whatever was before that is summed up in the banner.
        if (state !== 'starting') process.stdout.write(eventLine(ref, sentence, new Date()));
      },
      logger,
    });
    transcoder.onFirstMedia((ref, seconds) => controller.observer(ref)?.found({ firstMediaSeconds: seconds }));

    const viewers = new LastViewers();
    const media = viewers.watch((exchange) => transcoder.origin(exchange));
    const flv: Responder = (request, response) => ingest.handleHttp(request, response);
    let pages: RequestListener = () => undefined;
    const ops = createOpsHandler({ registry, ready: () => (state === 'ready' ? [] : [`Showrunner is ${state}.`]) });
    const httpServer = createHttpServer({
      media,
      responders: [flv, ops],
      rest: (request, response) => pages(request, response),
      logger,
      registry,
    });
    const web = await createWeb({
      feeds: [resources],
      factsOf: (ref) => ingest.facts(ref),
      appDir: APP_FOLDER,
      logger,
      serverFactory: (handler) => {
        pages = handler;
        return httpServer;
      },
    });

    // Registered in the order of starting; closed in the reverse one: publishers first, then shows, then pages.
    shutdown.onShutdown('web', () => web.close());
    shutdown.onShutdown('viewers', () => viewers.farewell());
    shutdown.onShutdown('controller', () => controller.close());
    shutdown.onShutdown('transcoder', () => transcoder.close());
    shutdown.onShutdown('ingest', () => ingest.close());
    shutdown.onShutdown('admission', () => admission.close());

    await web.listen({ port: config.httpPort, host }).catch((error: unknown) => {
      throw explainListenError(error, { host, port: config.httpPort, variable: 'SHOWRUNNER_HTTP_PORT' });
    });
    await admission.start();
    controller.start();
    await ingest.start().catch((error: unknown) => {
      throw explainListenError(error, { host, port: config.rtmpPort, variable: 'SHOWRUNNER_RTMP_PORT' });
    });
    lock.announce(config);

    const factsTimer = setInterval(() => {
      for (const [id, observer] of controller.observers) {
        const [namespace = '', name = ''] = id.split('/');
        const { show } = observer;
        if (show?.state !== 'live') continue;
        const facts = ingest.facts({ namespace, name });
        const encoderFailing = transcoder.state({ namespace, name })?.encoderFailing;
        observer.found({ ...(facts && sourceFacts(facts, show)), encoderFailing });
      }
    }, FACTS_INTERVAL_MS);
    shutdown.onShutdown('facts', () => clearInterval(factsTimer));
    const refusalsTimer = setInterval(() => {
      const line = refusals.others(new Date());
      if (line) process.stdout.write(line);
    }, REFUSALS_INTERVAL_MS);
    shutdown.onShutdown('refusals', () => clearInterval(refusalsTimer));

    const key = await keyToShow(data, stream.metadata);
    const id = streamId(stream.metadata);
    const watch = `${http}/watch/${id}`;
    const demo = id === streamId(FIRST_SHOW) ? 'npm run demo' : `npm run demo -- ${id}`;
    const server = servers[stream.spec.ingest.engine];
    process.stdout.write(banner({ watch, server, key, isFirst, demo }));
    logger.info({ data: data.path }, 'ready');
    state = 'ready';
    shutdown.onShutdown('readiness', () => void (state = 'stopping'));
    // SIGHUP: the terminal window was closed.
    shutdown.listen(['SIGINT', 'SIGTERM', 'SIGHUP']);
  } catch (error) {
    await shutdown.close();
    throw error;
  }
}
