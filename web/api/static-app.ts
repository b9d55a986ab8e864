import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

const IMMUTABLE = 'public, max-age=31536000, immutable';

/**
 * The built page: hashed assets for ever, documents always asked for again. `/` and `/watch/...` are documents of the
 * page, everything else that is no file stays unknown.
 */
export async function staticApp(app: FastifyInstance, { root }: { root: string }): Promise<void> {
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
}
