import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { KubeClient, KubeObject } from './kube-client.ts';
import { KubeConnectionError, KubeError } from './kube-error.ts';
import { KUBE } from './kube-resources.ts';
import { localServer } from './testing/local-server.ts';

const secret = (name: string, resourceVersion: string, more: object = {}) => ({
  metadata: { name, namespace: 'ns', resourceVersion },
  ...more,
});
const status = (code: number, reason: string) =>
  JSON.stringify({ kind: 'Status', code, reason, message: `${reason}.` });
const answer = (response: ServerResponse, code: number, text: string, headers: Record<string, string> = {}) =>
  void response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(text);
const get = (client: KubeClient) => client.get(KUBE.secrets, 'a', 'ns');

/** Names of what a watch brings, until it ends. */
async function watch(client: KubeClient, told: string[], signal = new AbortController().signal): Promise<void> {
  for await (const { type, object } of client.watch<KubeObject>(KUBE.secrets, { from: '1', signal })) {
    told.push(type === 'BOOKMARK' ? `at ${object.metadata.resourceVersion}` : `${type} ${object.metadata.name}`);
  }
}

describe('a request', () => {
  it('gives the object without its managed fields, over one connection for all that follow', async () => {
    const { client, connections } = await localServer((_request, response) =>
      answer(response, 200, JSON.stringify(secret('a', '1'))),
    );
    expect(await get(client)).toEqual({ metadata: { name: 'a', namespace: 'ns', resourceVersion: '1' } });
    for (let asked = 0; asked < 20; asked += 1) await get(client);
    expect(await connections()).toBe(1);
  });

  it('says what the server said, with its causes', async () => {
    const causes = [{ field: 'spec', message: 'no' }];
    const { client } = await localServer((_request, response) =>
      answer(response, 422, JSON.stringify({ reason: 'Invalid', message: 'It is invalid.', details: { causes } })),
    );
    await expect(get(client)).rejects.toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: 'It is invalid.',
      causes,
    });
  });

  it.each([
    ['text/html', '<html><h1>Bad Gateway</h1></html>', 'The Kubernetes API answered 502.'],
    ['text/plain', 'no endpoints available\n', 'The Kubernetes API answered 502: no endpoints available'],
    ['application/json', 'null', 'The Kubernetes API answered 502.'],
    ['application/json', `"${'x'.repeat(100_000)}"`, 'The Kubernetes API answered 502.'],
  ])('says in a sentence what a proxy answered as %s', async (type, text, message) => {
    const { client } = await localServer((_request, response) => answer(response, 502, text, { 'content-type': type }));
    await expect(get(client)).rejects.toEqual(expect.objectContaining({ name: 'KubeError', code: 502, message }));
  });

  it('refuses a page in place of an object', async () => {
    const { client } = await localServer((_request, response) => answer(response, 200, '<html>Please log in'));
    await expect(get(client)).rejects.toThrow(
      'The Kubernetes API answered GET /api/v1/namespaces/ns/secrets/a with what is no JSON.',
    );
  });

  it.each([
    ['never', () => undefined],
    ['only in part', (response: ServerResponse) => response.writeHead(200, { 'content-length': 99 }).write('{"meta')],
    ['only in part, of a refusal', (response: ServerResponse) => response.writeHead(500).write('{"meta')],
  ])('ends in time where the answer comes %s', async (_case, reply) => {
    const { client, connections } = await localServer((_request, response) => void reply(response), {
      limits: { answerMs: 100 },
    });
    const begun = performance.now();
    await expect(get(client)).rejects.toThrow();
    expect(performance.now() - begun).toBeLessThan(1_000);
    await vi.waitFor(async () => expect(await connections()).toBe(0));
  });

  it('says that nobody answered, and of what', async () => {
    const { client } = await localServer(() => undefined, { limits: { answerMs: 50 } });
    await expect(get(client)).rejects.toEqual(
      new KubeConnectionError('The Kubernetes API did not answer GET /api/v1/namespaces/ns/secrets/a within 0.05 s.'),
    );
  });

  it('says that nobody listens', async () => {
    const { client, server } = await localServer(() => undefined);
    server.close();
    await once(server, 'close');
    await expect(get(client)).rejects.toThrow(
      /^The Kubernetes API did not answer GET .*: connect ECONNREFUSED 127.0.0.1:\d+\.$/,
    );
  });

  it('takes no answer that is too long into memory', async () => {
    const { client, connections } = await localServer(
      (_request, response) => {
        response.writeHead(200);
        const more = () => response.write('x'.repeat(1_000)) && setImmediate(more);
        more();
        response.on('drain', more);
      },
      { limits: { maxBytes: 50_000 } },
    );
    await expect(get(client)).rejects.toThrow("The Kubernetes API's answer is longer than 50000 bytes.");
    await vi.waitFor(async () => expect(await connections()).toBe(0));
  });

  it('is sent again, also a writing one, where the server has too much to do', async () => {
    let asked = 0;
    const { client } = await localServer((_request, response) => {
      asked += 1;
      if (asked < 3) answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '0' });
      else answer(response, 201, JSON.stringify(secret('a', '1')));
    });
    expect(await client.create(KUBE.secrets, secret('a', ''), 'ns')).toMatchObject({ metadata: { name: 'a' } });
    expect(asked).toBe(3);
  });

  it('is not sent where its caller may not ask any more, though no timer has said so yet', async () => {
    let [asked, isValid] = [0, true];
    const { client } = await localServer((_request, response) => {
      asked += 1;
      isValid = false;
      answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '0' });
    });
    const bounded = client.until(new AbortController().signal, () => isValid);
    await expect(get(bounded)).rejects.toMatchObject({ code: 429 });
    await expect(get(bounded)).rejects.toBeInstanceOf(KubeConnectionError);
    expect(asked).toBe(1);
  });

  it.each([
    ['9', 9_000],
    ['999999', 60_000],
    ['9'.repeat(400), 60_000],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ])('tells how long to wait where a server asks for %s, a minute at most', async (asked, retryAfterMs) => {
    const { client } = await localServer((_request, response) =>
      answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': asked }),
    );
    await expect(get(client.until(AbortSignal.timeout(100)))).rejects.toMatchObject({ code: 429, retryAfterMs });
  });

  it('waits no longer than its caller wants', async () => {
    const { client } = await localServer((_request, response) =>
      answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '5' }),
    );
    const begun = performance.now();
    await expect(get(client.until(AbortSignal.timeout(100)))).rejects.toMatchObject({ code: 429, retryAfterMs: 5_000 });
    const silent = await localServer(() => undefined);
    await expect(get(silent.client.until(AbortSignal.timeout(100)))).rejects.toBeInstanceOf(KubeConnectionError);
    await expect(get(silent.client.until(AbortSignal.abort()))).rejects.toThrow();
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it('is sent once more with new credentials where those at hand are refused, and only once', async () => {
    const asked: (string | undefined)[] = [];
    let good = 'Bearer new';
    const { client } = await localServer(
      ({ headers }, response) => {
        asked.push(headers.authorization);
        if (headers.authorization === good) answer(response, 200, JSON.stringify(secret('a', '1')));
        else answer(response, 401, status(401, 'Unauthorized'));
      },
      { credentials: (refused) => ({ tls: {}, authorization: `Bearer ${refused ? 'new' : 'old'}` }) },
    );
    expect(await get(client)).toMatchObject({ metadata: { name: 'a' } });
    expect(asked.splice(0)).toEqual(['Bearer old', 'Bearer new']);
    good = 'none';
    await expect(get(client)).rejects.toMatchObject({ code: 401 });
    expect(asked).toEqual(['Bearer old', 'Bearer new']);
  });

  it('to read is sent again over a new connection where the server closed the old one; to write is not', async () => {
    const served = new WeakMap<object, number>();
    let asked = 0;
    const { client } = await localServer((request, response) => {
      asked += 1;
      const before = served.get(request.socket) ?? 0;
      served.set(request.socket, before + 1);
      // As if the request had crossed the end of the idle connection.
      if (before > 0) request.socket.resetAndDestroy();
      else answer(response, 200, JSON.stringify(secret('a', '1')));
    });
    await get(client);
    expect(await get(client)).toMatchObject({ metadata: { name: 'a' } });
    expect(asked).toBe(3);
    await expect(client.replace(KUBE.secrets, secret('a', '1'))).rejects.toMatchObject({ wasStale: true });
  });

  it('waits for no watch', async () => {
    const { client } = await localServer((request, response) => {
      if (request.url?.includes('watch=true')) response.writeHead(200).flushHeaders();
      else answer(response, 200, JSON.stringify(secret('a', '1')));
    });
    const stop = new AbortController();
    const watches = Array.from({ length: 50 }, () => watch(client, [], stop.signal));
    expect(await get(client)).toMatchObject({ metadata: { name: 'a' } });
    stop.abort();
    await Promise.all(watches);
  });
});

describe('a list', () => {
  /** Three objects, in pages of at most `limit`, padded to `bytes`. */
  const threeObjects = (asked: string[], bytes: number) =>
    localServer(
      (request, response) => {
        const { searchParams } = new URL(request.url ?? '', 'http://localhost');
        const limit = Number(searchParams.get('limit'));
        const start = Number(searchParams.get('continue') ?? 0);
        asked.push(`${start}+${limit}`);
        const names = ['a', 'b', 'c'].slice(start, start + limit);
        const next = start + limit < 3 ? { continue: String(start + limit) } : {};
        const items = names.map((name) => secret(name, '1', { data: { padding: 'x'.repeat(bytes) } }));
        answer(response, 200, JSON.stringify({ metadata: { resourceVersion: '7', ...next }, items }));
      },
      { limits: { maxBytes: 100_000 } },
    );

  it('has what the server leaves out of its items: the kind', async () => {
    const { client } = await threeObjects([], 0);
    const { items, resourceVersion } = await client.list(KUBE.secrets);
    expect(resourceVersion).toBe('7');
    expect(items).toHaveLength(3);
    expect(items[0]).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a', namespace: 'ns', resourceVersion: '1' },
      data: { padding: '' },
    });
  });

  it('takes large objects in smaller pages', async () => {
    const asked: string[] = [];
    const { client } = await threeObjects(asked, 40_000);
    expect((await client.list(KUBE.secrets)).items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
    expect(asked).toEqual(['0+100', '0+25', '0+7', '0+2', '2+2']);
  });

  it('fails where one object alone is too large', async () => {
    const { client } = await threeObjects([], 200_000);
    await expect(client.list(KUBE.secrets)).rejects.toThrow('longer than 100000 bytes');
  });
});

describe('a watch', () => {
  const event = (type: string, name: string, version = '2') =>
    `${JSON.stringify({ type, object: secret(name, version) })}\n`;

  it('reads events whichever way they are cut, empty lines and bookmarks among them', async () => {
    const text = Buffer.from(`${event('ADDED', 'ä')}\n${event('BOOKMARK', '', '9')}\r\n${event('DELETED', 'b')}`);
    const writeBytes = async (response: ServerResponse) => {
      for (const byte of text) {
        response.write(Buffer.of(byte));
        if (byte % 16 === 0) await sleep(1);
      }
      response.end();
    };
    const { client } = await localServer((_request, response) => void writeBytes(response));
    const told: string[] = [];
    await watch(client, told);
    expect(told).toEqual(['ADDED ä', 'at 9', 'DELETED b']);
  });

  it('fails where it is cut, in the middle of an event too', async () => {
    for (const end of [
      (response: ServerResponse) => void setTimeout(() => response.destroy(), 20),
      (response: ServerResponse) => void response.end('{"type":"ADDED","object":{"metada'),
      (response: ServerResponse) => void response.end('{"type":"ADDED","object":{"metada\n'),
    ]) {
      const { client } = await localServer((_request, response) => {
        response.write(event('ADDED', 'a'));
        end(response);
      });
      const told: string[] = [];
      await expect(watch(client, told)).rejects.toBeInstanceOf(KubeConnectionError);
      expect(told).toEqual(['ADDED a']);
    }
  });

  it('fails where it falls silent, or never begins', async () => {
    for (const begin of [(response: ServerResponse) => void response.write(event('ADDED', 'a')), () => undefined]) {
      const { client, connections } = await localServer((_request, response) => begin(response), {
        limits: { silenceMs: 100, answerMs: 1_000 },
      });
      const begun = performance.now();
      await expect(watch(client, [])).rejects.toThrow('GET /api/v1/secrets fell silent for 0.1 s.');
      expect(performance.now() - begun).toBeLessThan(800);
      await vi.waitFor(async () => expect(await connections()).toBe(0));
    }
  });

  it('is not silent because its reader takes time', async () => {
    const { client } = await localServer(
      (_request, response) => void response.end(event('ADDED', 'a') + event('ADDED', 'b')),
      { limits: { silenceMs: 50 } },
    );
    const told: string[] = [];
    const { signal } = new AbortController();
    for await (const { object } of client.watch<KubeObject>(KUBE.secrets, { from: '1', signal })) {
      told.push(String((object as KubeObject).metadata.name));
      await sleep(150);
    }
    expect(told).toEqual(['a', 'b']);
  });

  it('holds the server back where its reader is slow', async () => {
    let written = 0;
    const { client } = await localServer((_request, response) => {
      const line = event('ADDED', 'x'.repeat(10_000));
      const more = () => {
        while (written < 100e6 && response.write(line)) written += line.length;
      };
      response.on('drain', more);
      more();
    });
    const { signal } = new AbortController();
    for await (const _event of client.watch(KUBE.secrets, { from: '1', signal })) {
      await sleep(500);
      break;
    }
    // What the sockets of both ends hold.
    expect(written).toBeLessThan(20e6);
  });

  it('tells that its version is forgotten, before and after it began', async () => {
    const before = await localServer((_request, response) => answer(response, 410, status(410, 'Expired')));
    await expect(watch(before.client, [])).rejects.toMatchObject({ code: 410, reason: 'Expired' });
    const after = await localServer((_request, response) => {
      response.end(`${event('ADDED', 'a')}{"type":"ERROR","object":${status(410, 'Expired')}}\n${event('ADDED', 'b')}`);
    });
    const told: string[] = [];
    await expect(watch(after.client, told)).rejects.toEqual(
      new KubeError(410, { reason: 'Expired', message: 'Expired.' }),
    );
    expect(told).toEqual(['ADDED a']);
  });

  it('takes no event that is too long into memory', async () => {
    const { client } = await localServer((_request, response) => void response.write('x'.repeat(60_000)), {
      limits: { maxBytes: 50_000 },
    });
    await expect(watch(client, [])).rejects.toThrow('sent an event of more than 50000 bytes');
  });

  it('ends with its signal and leaves nothing behind: before, at and after its beginning', async () => {
    const { client, connections } = await localServer((request, response) => {
      if (request.url?.includes('configmaps')) return;
      response.write(event('ADDED', 'a'));
    });
    const stop = new AbortController();
    const told: string[] = [];
    const listeners = vi.spyOn(stop.signal, 'addEventListener');
    const removed = vi.spyOn(stop.signal, 'removeEventListener');
    const unanswered = { ...KUBE.secrets, plural: 'configmaps' };
    const watches = [
      watch(client, told, stop.signal),
      (async () => {
        for await (const _event of client.watch(unanswered, { from: '1', signal: stop.signal }));
      })(),
    ];
    await vi.waitFor(async () => expect(await connections()).toBe(2));
    await vi.waitFor(() => expect(told).toEqual(['ADDED a']));
    stop.abort();
    await Promise.all(watches);
    await watch(client, told, stop.signal);
    expect(told).toEqual(['ADDED a']);
    await vi.waitFor(async () => expect(await connections()).toBe(0));
    expect(removed).toHaveBeenCalledTimes(listeners.mock.calls.length);
  });

  it('ends with its reader', async () => {
    const { client, connections } = await localServer((_request, response) => void response.write(event('ADDED', 'a')));
    const { signal } = new AbortController();
    for await (const _event of client.watch(KUBE.secrets, { from: '1', signal })) break;
    await vi.waitFor(async () => expect(await connections()).toBe(0));
  });
});

describe('close', () => {
  it('fails what is underway, ends watches, and lets nothing begin', async () => {
    const { client, connections } = await localServer((request, response) => {
      if (request.url?.includes('watch=true')) response.writeHead(200).flushHeaders();
    });
    const asked = get(client);
    const watched = watch(client, []);
    asked.catch(() => undefined);
    await vi.waitFor(async () => expect(await connections()).toBe(2));
    await client.close();
    await expect(asked).rejects.toThrow('The client of the Kubernetes API is closed.');
    await watched;
    await expect(get(client)).rejects.toThrow('The client of the Kubernetes API is closed.');
    await watch(client, []);
    await client.close();
    expect(client.isClosed).toBe(true);
    await vi.waitFor(async () => expect(await connections()).toBe(0));
  });

  it('waits for no pause that a server asked for', async () => {
    const { client } = await localServer((_request, response) =>
      answer(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '9' }),
    );
    const asked = expect(get(client)).rejects.toThrow();
    await sleep(50);
    const begun = performance.now();
    await client.close();
    await asked;
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
