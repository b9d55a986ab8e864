import fastifySwagger from '@fastify/swagger';
import {
  boundConnections,
  BOUNDED_REQUESTS,
  boundRequests,
  type Feed,
  type Logger,
  type StreamFacts,
  type StreamRef,
} from '@showrunner/service-kit';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyServerFactory,
} from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, ERRORS, problem, PROBLEM_TYPE, type ErrorCode } from './errors.ts';
import { EventStream } from './event-stream.ts';
import { LiveStreamInformer } from './informer.ts';
import { LiveStreamJson } from './live-stream-json.ts';
import { isOnAir } from './live-stream-view.ts';
import { liveStreamRoutes, openApiRoute } from './routes.ts';
import { securityHeaders } from './security-headers.ts';
import { lostPage, staticApp } from './static-app.ts';

const MAX_EVENT_CLIENTS = 10_000;
/** Of all connections, so that pages and requests find room beside any crowd that follows events. */
const EVENT_SHARE = 0.9;
/** How long `ready()` waits for the first list; until it comes, requests are refused. */
const FIRST_LIST_MS = 3_000;

export interface WebOptions {
  /** Each is followed by itself. */
  readonly feeds: readonly Feed<'LiveStream'>[];
  /** What is measured of a publisher right now, or a promise of it; undefined where it is not known. */
  readonly factsOf: (stream: StreamRef) => StreamFacts | undefined | Promise<StreamFacts | undefined>;
  /** Folder of the built page (`web/dist`); undefined serves the API alone. */
  readonly appDir: string | undefined;
  readonly logger: Logger;
  /** Hands Fastify's request handler to a server that somebody else listens with. */
  readonly serverFactory?: FastifyServerFactory;
  /** How many pages may follow events at once; nine tenths of the connections where it is not said. */
  readonly maxEventClients?: number;
  /** Where there are as many, the one that is idle longest makes room; any number where it is not said. */
  readonly maxConnections?: number;
  /** Where `/hls` is served, when that is another origin than the pages'. */
  readonly mediaOrigin?: string | undefined;
  /** Told once, when all live streams are known. */
  readonly onKnown?: () => void;
  readonly now?: () => number;
}

/** Builds the web application; it listens nowhere. `ready()` begins following the feeds, `close()` ends all. */
export async function createWeb(options: WebOptions): Promise<FastifyInstance> {
  const {
    feeds,
    factsOf,
    appDir,
    logger,
    serverFactory,
    maxConnections,
    maxEventClients = maxConnections === undefined ? MAX_EVENT_CLIENTS : Math.floor(maxConnections * EVENT_SHARE),
    mediaOrigin,
    onKnown,
    now = Date.now,
  } = options;
  const headers = securityHeaders(mediaOrigin);
  // As the plain interface: otherwise the logger's type would spread into every plugin's.
  const loggerInstance: FastifyBaseLogger = logger;
  const app: FastifyInstance = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 64 * 1024,
    http: BOUNDED_REQUESTS,
    // An address that cannot be decoded, which no route and no other handler sees.
    frameworkErrors: (error, _request, reply) => void refuse(reply.headers(headers), ...codeOf(error)),
    ...(serverFactory ? { serverFactory } : {}),
  });
  if (!serverFactory) boundRequests(app.server);
  if (maxConnections !== undefined) boundConnections(app.server, maxConnections);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  const informer = new LiveStreamInformer(feeds, app.log, onKnown);
  const json = new LiveStreamJson(informer);
  const events = new EventStream({ informer, json, maxClients: maxEventClients, now });
  app.addHook('onReady', async () => {
    const patience = new AbortController();
    await Promise.race([
      informer.start(),
      sleep(FIRST_LIST_MS, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
  });
  // Before the server waits for its connections to end, and event streams never end by themselves.
  app.addHook('preClose', async () => events.close());
  app.addHook('onClose', () => informer.close());
  app.addHook('onRequest', async (_request, reply) => void reply.headers(headers));

  const answeredWithPage = appDir === undefined ? undefined : await lostPage(appDir, mediaOrigin);
  app.setNotFoundHandler((request, reply) =>
    answeredWithPage?.(request, reply) === true ? reply : refuse(reply, 'not_found'),
  );
  app.setErrorHandler((error, request, reply) => {
    const [code, detail] = codeOf(error);
    if (code === 'internal') request.log.error({ err: error, url: request.url }, 'A request failed.');
    return refuse(reply, code, detail);
  });

  await app.register(
    async (api) => {
      await api.register(fastifySwagger, {
        openapi: {
          openapi: '3.1.0',
          info: { title: 'Showrunner', version: 'v1', description: 'Live streams and their states.' },
        },
        transform: jsonSchemaTransform,
        transformObject: jsonSchemaTransformObject,
      });
      api.addHook('onSend', async (_request, reply) => {
        if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
      });
      await api.register(liveStreamRoutes, { informer, events, json, factsOf, headers });
      await api.register(openApiRoute);
    },
    { prefix: '/api/v1' },
  );
  if (appDir !== undefined)
    await app.register(staticApp, {
      root: appDir,
      presence: (ref: StreamRef) => {
        const stream = informer.get(ref);
        if (isOnAir(stream)) return 'on-air';
        return stream === undefined && informer.synced ? 'absent' : 'idle';
      },
      mediaOrigin,
    });
  return app;
}

function refuse(reply: FastifyReply, code: ErrorCode, detail?: string): FastifyReply {
  return reply
    .status(ERRORS[code].status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem(code, detail)));
}

function codeOf(error: unknown): [ErrorCode, string | undefined] {
  if (error instanceof ApiError) return [error.code, error.detail];
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.map(({ instancePath, message }) => `${instancePath.slice(1)} ${message ?? ''}`);
    return ['invalid_request', `${error.validationContext ?? 'request'}: ${problems.join('; ')}`];
  }
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return [status === 404 ? 'not_found' : 'invalid_request', (error as Error).message];
  }
  return ['internal', undefined];
}
