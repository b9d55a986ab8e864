import fastifyStatic from '@fastify/static';
import type { StreamRef } from '@showrunner/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';

const IMMUTABLE = 'public, max-age=31536000, immutable';

export interface StaticAppOptions {
  /** Folder of the built page. */
  readonly root: string;
  /** `absent` only where it is known that there is no such stream. */
  readonly presence: (stream: StreamRef) => 'absent' | 'idle' | 'on-air';
  readonly mediaOrigin: string | undefined;
}

/**
 * The built page: hashed assets for ever, documents always asked for again. `/` and `/watch/{namespace}/{name}` are
 * documents of the page, everything else that is no file stays unknown.
 */
export async function staticApp(
  app: FastifyInstance,
  { root, presence, mediaOrigin }: StaticAppOptions,
): Promise<void> {
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
  const homePage = await readPage(root, 'index.html', mediaOrigin);
  app.get('/', { schema: { hide: true } }, (_request, reply) => sendPage(reply, homePage));

  const watchPage = await readPage(root, 'watch.html', mediaOrigin);
  // The player begins before the API was asked, but only where there is something to play.
  const watchPages = {
    true: watchPage.replace('<html', '<html data-on-air="true"'),
    false: watchPage.replace('<html', '<html data-on-air="false"'),
  };
  app.get<{ Params: StreamRef }>('/watch/:namespace/:name', { schema: { hide: true } }, (request, reply) => {
    const found = presence(request.params);
    // An absent one gets the same page, which says so and waits: it may be made at any moment.
    return sendPage(reply.status(found === 'absent' ? 404 : 200), watchPages[found === 'on-air' ? 'true' : 'false']);
  });
}

/** Answers people with the page where there is nothing, and returns false for programs, which want a problem. */
export async function lostPage(
  root: string,
  mediaOrigin: string | undefined,
): Promise<(request: FastifyRequest, reply: FastifyReply) => boolean> {
  const page = await readPage(root, 'index.html', mediaOrigin);
  return (request, reply) => {
    const isForPeople = request.headers.accept?.includes('text/html') === true && !request.url.startsWith('/api/');
    if (isForPeople) void sendPage(reply.status(404), page);
    return isForPeople;
  };
}

/** A document, which says where media are where that is not its own origin. */
async function readPage(root: string, file: string, mediaOrigin: string | undefined): Promise<string> {
  const page = await readFile(join(root, file), 'utf8');
  return mediaOrigin === undefined ? page : page.replace('<html', `<html data-media-origin="${mediaOrigin}"`);
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(html);
}
