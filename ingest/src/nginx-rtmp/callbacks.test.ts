import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@showrunner/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Callbacks } from './callbacks.ts';

describe('what nginx asks', () => {
  let folder: string;
  let socketPath: string;
  let callbacks: Callbacks;
  let heard: unknown[];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'showrunner-callbacks-'));
    socketPath = join(folder, 'callbacks.sock');
    heard = [];
    const handler = {
      publish: async (call: { key: string }) => {
        heard.push(call);
        if (call.key === 'broken') throw new Error('It is broken.');
        return call.key === 'good' ? 'a1b2' : undefined;
      },
      publishDone: (client: string) => void heard.push(client),
    };
    callbacks = new Callbacks(handler, createLogger({ name: 'test', level: 'silent' }));
    await callbacks.listen(socketPath);
  });
  afterEach(async () => {
    await callbacks.close();
    rmSync(folder, { recursive: true });
  });

  function ask(path: string, body: string, method = 'POST'): Promise<[number | undefined, string | undefined]> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath, path, method, agent: false }, (response) => {
        response.resume();
        resolve([response.statusCode, response.headers.location]);
      });
      asked.on('error', reject).end(body);
    });
  }

  it('is answered with a name for the stream, or a refusal', async () => {
    expect(await ask('/publish', 'app=live&addr=192.0.2.1&clientid=7&call=publish&name=good')).toEqual([302, 'a1b2']);
    expect(await ask('/publish', 'addr=192.0.2.1&clientid=8&name=bad')).toEqual([403, undefined]);
    expect(await ask('/publish-done', 'clientid=7&name=good')).toEqual([204, undefined]);
    expect(heard).toEqual([{ client: '7', key: 'good' }, { client: '8', key: 'bad' }, '7']);
  });

  it('is not what the publisher put behind its key', async () => {
    await ask('/publish', 'addr=192.0.2.1&clientid=7&name=bad&type=live&x=1&name=good&addr=127.0.0.1&clientid=1');
    expect(heard).toEqual([{ client: '7', key: 'bad' }]);
  });

  it('is refused where it is something else', async () => {
    expect(await ask('/publish', 'name=good')).toEqual([400, undefined]);
    expect(await ask('/publish', '', 'GET')).toEqual([400, undefined]);
    expect(await ask('/else', 'clientid=7')).toEqual([404, undefined]);
    expect(await ask('/publish', `clientid=7&name=${'x'.repeat(20_000)}`)).toEqual([400, undefined]);
    expect(heard).toEqual([]);
  });

  it('is refused where it cannot be answered', async () => {
    expect(await ask('/publish', 'clientid=7&name=broken')).toEqual([500, undefined]);
  });
});
