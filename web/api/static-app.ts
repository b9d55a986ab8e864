import fastifyStatic from '@fastify/static';
import type { StreamRef } from '@showrunner/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';

const IMMUTABLE = 'public, max-age=31536000, immutable';

export interface StaticAppOptions {
  /** Folder of the built page. */
  readonly root: string;
  readonly isOnAir: (stream: StreamRef) => boolean;
}

/**
 * The built page: hashed assets for ever, documents always asked for again. `/` and `/watch/{namespace}/{name}` are
 * documents of the page, everything else that is no file stays unknown.
 */
export async function staticApp(app: FastifyInstance, { root, isOnAir }: StaticAppOptions): Promise<void> {
  const assets = join(root, 'assets') + sep;
  await app.register(fastifyStatic, {
    root,
    index: false,
    preCompressed: true,
    cacheControl: false,
    dotfiles: 'ignore',
    setHeaders: (reply, path) => {
      void reply.header('cache-control', path.startsWith(assets) ? IMMUTABLE : 'no-cache');
    },
  });
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.sendFile('index.html'));

  const watchPage = await readFile(join(root, 'watch.html'), 'utf8');
  // The player begins before the API was asked, but only where there is something to play.
  const watchPages = {
    true: watchPage.replace('<html', '<html data-on-air="true"'),
    false: watchPage.replace('<html', '<html data-on-air="false"'),
  };
  app.get<{ Params: StreamRef }>('/watch/:namespace/:name', { schema: { hide: true } }, (request, reply) =>
    sendPage(reply, watchPages[isOnAir(request.params) ? 'true' : 'false']),
  );
}

/** Answers people with the page where there is nothing, and returns false for programs, which want a problem. */
export async function lostPage(root: string): Promise<(request: FastifyRequest, reply: FastifyReply) => boolean> {
  const page = await readFile(join(root, 'index.html'), 'utf8');
  return (request, reply) => {
    const isForPeople = request.headers.accept?.includes('text/html') === true && !request.url.startsWith('/api/');
    if (isForPeople) void sendPage(reply.status(404), page);
    return isForPeople;
  };
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(html);
}
