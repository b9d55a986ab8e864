import { afterEach, describe, expect, it } from 'vitest';
import { HttpListener } from './http-listener.ts';
import { createLogger } from './logger.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const open: HttpListener[] = [];
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

async function listen(handle: ConstructorParameters<typeof HttpListener>[0]['handle'], port = 0) {
  const listener = new HttpListener({ name: 'Operations', host: '127.0.0.1', port, handle, logger });
  open.push(listener);
  await listener.start();
  return { listener, url: `http://127.0.0.1:${listener.port}` };
}

describe('an HTTP listener', () => {
  it('answers 500 where answering fails, and goes on', async () => {
    const { url } = await listen((request, response) => {
      if (request.url === '/bad') throw new Error('bad');
      response.end('good');
    });
    expect((await fetch(`${url}/bad`)).status).toBe(500);
    expect(await (await fetch(`${url}/`)).text()).toBe('good');
  });

  it('says in words that its port is taken', async () => {
    const { listener } = await listen((_, response) => response.end());
    await expect(listen((_, response) => response.end(), listener.port)).rejects.toThrow(
      `Operations cannot listen on port ${listener.port} of 127.0.0.1: another program uses it.`,
    );
  });

  it('closes at once where nobody asks, and cuts off who never ends', async () => {
    const idle = await listen((_, response) => response.end());
    await (await fetch(idle.url)).text();
    const began = performance.now();
    await idle.listener.close();
    expect(performance.now() - began).toBeLessThan(500);

    const endless = await listen((_, response) => response.write('…'));
    const response = await fetch(endless.url);
    await Promise.all([endless.listener.close(), expect(response.text()).rejects.toThrow()]);
  });
});
