import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StreamRef } from '@showrunner/service-kit';

const IMMUTABLE = 'public, max-age=31536000, immutable';

/**
 * The built page: hashed assets for ever, documents always asked for again. `/` and `/watch/...` are documents of the
 * page, everything else that is no file stays unknown.
 */
export async function staticApp(
  app: FastifyInstance,
  { root, isOnAir }: { root: string; isOnAir: (stream: StreamRef) => boolean },
): Promise<void> {
  await app.register(fastifyStatic, {
    root,
    index: false,
    preCompressed: true,
    cacheControl: false,
    dotfiles: 'ignore',
    setHeaders: (reply, path) => {
      void reply.header('cache-control', path.includes('/assets/') ? IMMUTABLE : 'no-cache');
    },
  });
  const document = (file: string) => (_request: unknown, reply: FastifyReply) => reply.sendFile(file);
  app.get('/', { schema: { hide: true } }, document('index.html'));
  app.get('/watch/*', { schema: { hide: true } }, document('watch.html'));

  const watchPage = await readFile(join(root, 'watch.html'), 'utf8');
  // The player begins before the API was asked, but only where there is something to play.
  const watchPages = {
    true: watchPage.replace('<html', '<html data-on-air="true"'),
    false: watchPage.replace('<html', '<html data-on-air="false"'),
  };
  app.get<{ Params: StreamRef }>('/watch/:namespace/:name', { schema: { hide: true } }, (request, reply) => {
    const page = watchPages[isOnAir(request.params) ? 'true' : 'false'];
    return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
  });
}
