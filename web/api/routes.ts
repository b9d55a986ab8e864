import type { LiveStream } from '@showrunner/crds';
import type { StreamFacts, StreamRef } from '@showrunner/service-kit';
import type { FastifyInstance } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ApiError, PROBLEM_TYPE, problemSchema } from './errors.ts';
import type { EventStream } from './event-stream.ts';
import type { LiveStreamInformer } from './informer.ts';
import type { LiveStreamJson } from './live-stream-json.ts';
import {
  isOnAir,
  liveStreamState,
  liveStreamStateSchema,
  liveStreamView,
  liveStreamViewSchema,
} from './live-stream-view.ts';

export interface ApiOptions {
  readonly informer: LiveStreamInformer;
  readonly events: EventStream;
  readonly json: LiveStreamJson;
  /** Asked for streams that are on air. */
  readonly factsOf: (stream: StreamRef) => StreamFacts | undefined | Promise<StreamFacts | undefined>;
  /** Of answers that are no replies of Fastify's. */
  readonly headers: Record<string, string>;
}

const label = z
  .string()
  .max(63, 'must have at most 63 characters')
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and dashes');
const streamParams = z.object({ namespace: label, name: label });
const problemResponse = (description: string) => ({
  description,
  content: { [PROBLEM_TYPE]: { schema: problemSchema } },
});
const badRequest = problemResponse('A parameter breaks a rule.');
const notReady = problemResponse('The server is still starting.');
const notFound = problemResponse('There is no such live stream.');

/** The read side of live streams, as /api/v1 serves it. */
export const liveStreamRoutes: FastifyPluginAsyncZod<ApiOptions> = async (
  app,
  { informer, events, json, factsOf, headers },
) => {
  const ready = () => {
    if (!informer.synced) throw new ApiError('not_ready');
  };
  const find = (ref: StreamRef): LiveStream => {
    ready();
    const stream = informer.get(ref);
    if (!stream) throw new ApiError('live_stream_not_found', `No live stream is named ${ref.namespace}/${ref.name}.`);
    return stream;
  };

  app.get(
    '/live-streams',
    {
      schema: {
        summary: 'Live streams that anyone may find',
        tags: ['live streams'],
        response: { 200: z.object({ items: z.array(liveStreamViewSchema) }), 503: notReady },
      },
    },
    (_request, reply) => {
      ready();
      // Written already, as the schema has it.
      void reply.type('application/json; charset=utf-8').send(json.list() as never);
    },
  );

  app.get(
    '/live-streams/events',
    {
      // An endless answer without its body would never end.
      exposeHeadRoute: false,
      schema: {
        summary: 'States of live streams as server-sent events',
        description:
          'Begins with `snapshot` ({ now, items }), then sends `change` (a LiveStream), `removed` ({ namespace, ' +
          'name }) and, every 15 s, `alive` ({ now }). Without `stream` it tells of listed streams; with it of that one, listed or not.',
        tags: ['live streams'],
        querystring: z.object({
          stream: z
            .string()
            .max(127)
            .regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'must be namespace/name')
            .optional()
            .describe('Follow this one, as `namespace/name`.'),
        }),
        response: {
          200: { description: 'An endless stream.', content: { 'text/event-stream': { schema: z.string() } } },
          400: badRequest,
          503: problemResponse('The server is still starting, or too many pages follow events.'),
        },
      },
    },
    (request, reply) => {
      ready();
      if (!events.hasRoomFor(request.raw.socket.remoteAddress ?? '')) throw new ApiError('too_many_event_clients');
      reply.hijack();
      events.add(reply.raw, headers, request.query.stream);
    },
  );

  app.get(
    '/live-streams/:namespace/:name',
    {
      schema: {
        summary: 'One live stream',
        tags: ['live streams'],
        params: streamParams,
        response: { 200: liveStreamViewSchema, 400: badRequest, 404: notFound, 503: notReady },
      },
    },
    ({ params }) => liveStreamView(find(params)),
  );

  app.get(
    '/live-streams/:namespace/:name/state',
    {
      schema: {
        summary: 'The phase of one live stream and what is measured of its publisher',
        tags: ['live streams'],
        params: streamParams,
        response: { 200: liveStreamStateSchema, 400: badRequest, 404: notFound, 503: notReady },
      },
    },
    async ({ params }) => {
      const stream = find(params);
      return liveStreamState(stream, isOnAir(stream) ? await factsOf(params) : undefined);
    },
  );
};

/** The OpenAPI document, made from the schemas of the routes. */
export async function openApiRoute(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
