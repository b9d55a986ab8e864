import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@showrunner/service-kit';
import { beforeEach, expect, it } from 'vitest';
import { createKnockHandler } from './knock-handler.ts';
import { TokenFile } from '../token-file.ts';

const TOKEN = 'a-knock-token';
let file: string;
let now: number;
let port: number;
let knocks: string[];
let answer: 'taken' | 'unknown' | 'not the leader';

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'knock-'));
  file = join(folder, 'token');
  await writeFile(file, `${TOKEN}\n`);
  now = 0;
  knocks = [];
  answer = 'taken';
  const handle = createKnockHandler({
    token: new TokenFile(file, () => now),
    knock: ({ namespace, name }) => {
      knocks.push(`${namespace}/${name}`);
      return answer;
    },
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  };
});

function knock(
  path: string,
  { method = 'POST', token = TOKEN, body = '' }: { method?: string; token?: string | null; body?: string } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const sent = request({ port, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (piece) => (text += String(piece)));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

it.each([
  ['taken', 202],
  ['unknown', 404],
  ['not the leader', 503],
] as const)('answers for a stream that is %s with %i', async (outcome, status) => {
  answer = outcome;
  expect((await knock('/knock/team-a/morning')).status).toBe(status);
  expect(knocks).toEqual(['team-a/morning']);
});

it.each(['wrong', '', `${TOKEN}x`, TOKEN.slice(1), null])('refuses the token %j', async (token) => {
  expect((await knock('/knock/team-a/morning', { token })).status).toBe(401);
  expect(knocks).toEqual([]);
});

it.each(['/', '/knock', '/knock/team-a', '/knock//morning', '/knock/team-a/morning/more', '/state/team-a/morning'])(
  'knows nothing at %s',
  async (path) => {
    expect((await knock(path)).status).toBe(404);
    expect(knocks).toEqual([]);
  },
);

it('takes POST alone', async () => {
  expect((await knock('/knock/team-a/morning', { method: 'GET' })).status).toBe(405);
  expect(knocks).toEqual([]);
});

it('takes a token that was changed in its file', async () => {
  await knock('/knock/team-a/morning');
  await writeFile(file, 'another-token');
  now = 1_000;
  expect((await knock('/knock/team-a/morning')).status).toBe(401);
  expect((await knock('/knock/team-a/morning', { token: 'another-token' })).status).toBe(202);
});

it('lets nobody in while its token cannot be read, and recovers', async () => {
  await writeFile(file, ' \n');
  expect((await knock('/knock/team-a/morning', { token: '' })).status).toBe(500);
  await rm(file);
  now = 1_000;
  expect((await knock('/knock/team-a/morning')).status).toBe(500);
  await writeFile(file, TOKEN);
  now = 2_000;
  expect((await knock('/knock/team-a/morning')).status).toBe(202);
});
