import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createLogger, createRegistry } from '@showrunner/service-kit';
import { createHttpServer } from './http-server.ts';

it('asks one after the other, and outlives a request that cannot be answered', async () => {
  const lines: string[] = [];
  const server = createHttpServer({
    media: ({ url }) => {
      if (url.startsWith('/broken')) throw new Error('broken');
      return false;
    },
    responders: [
      ({ url }, response) => {
        if (url !== '/other') return false;
        response.end('other');
        return true;
      },
    ],
    rest: (_, response) => response.end('page'),
    logger: createLogger({ name: 'test', level: 'error' }, { write: (line) => void lines.push(line) }),
    registry: createRegistry(),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(fetch(`${base}/broken?token=hidden`)).rejects.toThrow();
  const broken = await fetch(`${base}/broken?token=hidden`, { method: 'POST' });
  expect([broken.status, await broken.text()]).toEqual([500, 'Something went wrong here.\n']);
  expect(await (await fetch(`${base}/other`)).text()).toBe('other');
  expect(await (await fetch(`${base}/page`)).text()).toBe('page');
  expect(lines).toHaveLength(2);
  expect(lines.join()).not.toContain('hidden');
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});
