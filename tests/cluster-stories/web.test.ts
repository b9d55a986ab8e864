import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@showrunner/service-kit';
import { KubeClient, KubeResourceStore, loadKubeConfig } from '@showrunner/service-kit/kube';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, httpGet } from '../support/index.ts';
import { emptyNamespaces, freshNamespaces, removeNamespaces } from './support/fresh-namespaces.ts';
import { type Account, readerOfLiveStreams } from './support/service-account.ts';
import { startWeb, type WebProcess } from './support/web-process.ts';

const OURS = ['store-web-a', 'store-web-b'];
const OTHERS = 'store-web-c';
const NAMESPACES = [...OURS, OTHERS];
const DRAIN_MS = 1_000;

const config = await loadKubeConfig(inject('cluster').kubeconfig);
const client = new KubeClient(config);
const store = new KubeResourceStore({ client, logger: createLogger({ name: 'story', level: 'warn' }) });
let account: Account;
const running: WebProcess[] = [];

beforeAll(async () => {
  await freshNamespaces(client, NAMESPACES);
  account = await readerOfLiveStreams(client, config, OURS);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((web) => web.stop()));
  await emptyNamespaces(client, NAMESPACES);
});
afterAll(async () => {
  await account?.close();
  await removeNamespaces(client, NAMESPACES);
  await client.close();
});

/** A replica that may read LiveStreams in two namespaces, and nothing else. */
async function web(env: Readonly<Record<string, string>> = {}, kubeconfig = account.kubeconfig): Promise<WebProcess> {
  const started = await startWeb({ NAMESPACES: OURS.join(','), DRAIN_MS: String(DRAIN_MS), ...env }, kubeconfig);
  running.push(started);
  return started;
}
const untilReady = ({ ops }: WebProcess) =>
  eventually('readiness', async () => (await httpGet(`${ops}/readyz`)).status === 200);

async function show(namespace: string, name: string, spec: object = {}): Promise<void> {
  const apiVersion = 'showrunner.dev/v1alpha1';
  await store.apply('LiveStream', { apiVersion, kind: 'LiveStream', metadata: { namespace, name }, spec });
}
async function json<T>(url: string): Promise<T> {
  return JSON.parse((await httpGet(url)).body.toString()) as T;
}
async function names({ http }: WebProcess): Promise<string[]> {
  const { items } = await json<{ items: { namespace: string; name: string }[] }>(`${http}/api/v1/live-streams`);
  return items.map(({ namespace, name }) => `${namespace}/${name}`).toSorted();
}

/** Names of events as they come, until the server ends them. */
function events({ http }: WebProcess, heard: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(`${http}/api/v1/live-streams/events`, (response) => {
      response.setEncoding('utf8');
      let rest = '';
      response.on('data', (text: string) => {
        // An event may come in pieces.
        const whole = (rest + text).split('\n\n');
        rest = whole.pop() ?? '';
        for (const lines of whole) {
          const [, event, data = ''] = /event: (.*)\ndata: (.*)$/.exec(lines) ?? [];
          if (event === undefined || event === 'alive') continue;
          const { name = '' } = JSON.parse(data) as { name?: string };
          heard.push(`${event} ${name}`.trim());
        }
      });
      response.on('end', resolve);
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

describe('the web pod', () => {
  it('shows the live streams of its namespaces, in every replica, and follows them', async () => {
    await show('store-web-a', 'first', { title: 'First' });
    await show('store-web-b', 'second');
    await show('store-web-b', 'hidden', { visibility: 'unlisted' });
    await show(OTHERS, 'foreign');
    const replicas = await Promise.all([web(), web()]);
    await Promise.all(replicas.map(untilReady));
    for (const replica of replicas) expect(await names(replica)).toEqual(['store-web-a/first', 'store-web-b/second']);
    const [one, other] = replicas;
    expect((await httpGet(`${one.http}/api/v1/live-streams/store-web-b/hidden`)).status).toBe(200);
    expect((await httpGet(`${one.http}/api/v1/live-streams/${OTHERS}/foreign`)).status).toBe(404);

    const heard: string[] = [];
    const ended = events(other, heard);
    await eventually('a snapshot', () => heard.includes('snapshot'));
    await show('store-web-b', 'third');
    await eventually('an event', () => heard.includes('change third'));
    await store.patchStatus('LiveStream', { namespace: 'store-web-a', name: 'first' }, { phase: 'Live' });
    await eventually('another', () => heard.includes('change first'));
    await store.delete('LiveStream', { namespace: 'store-web-b', name: 'second' });
    await eventually('the last', () => heard.includes('removed second'));
    expect(heard).toEqual(['snapshot', 'change third', 'change first', 'removed second']);
    await eventually(
      'the other replica to know too',
      async () => (await names(one)).join() === 'store-web-a/first,store-web-b/third',
    );
    expect(one.log() + other.log()).not.toMatch(/"level":[45]0/);
    await other.stop();
    await ended;
  });

  it('says what it knows of a show whose ingest pod cannot be asked', async () => {
    await show('store-web-a', 'first');
    await store.patchStatus('LiveStream', { namespace: 'store-web-a', name: 'first' }, { phase: 'Live' });
    const started = await web();
    await untilReady(started);
    const begun = performance.now();
    const state = await json<object>(`${started.http}/api/v1/live-streams/store-web-a/first/state`);
    expect(state).toMatchObject({ phase: 'Live' });
    expect(state).not.toHaveProperty('facts');
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('leaves no request unanswered when it goes, and sends the pages that follow events elsewhere', async () => {
    await show('store-web-a', 'first');
    const leaving = await web();
    await untilReady(leaving);
    const heard: string[] = [];
    let isEnded = false;
    const ended = events(leaving, heard).then(() => (isEnded = true));
    await eventually('a snapshot', () => heard.includes('snapshot'));

    const stopped = leaving.stop();
    const isLeaving = async () => (await httpGet(`${leaving.http}/api/v1/live-streams`)).headers.connection === 'close';
    await eventually('a last request of its connection', isLeaving);
    for (let asked = 0; asked < 5; asked += 1) {
      const { status, headers } = await httpGet(`${leaving.http}/api/v1/live-streams`);
      expect([status, headers.connection]).toEqual([200, 'close']);
      expect((await httpGet(`${leaving.ops}/readyz`)).status).toBe(200);
      await sleep(DRAIN_MS / 10);
    }
    expect(isEnded).toBe(false);
    await ended;
    const { code, afterMs } = await stopped;
    expect(code).toBe(0);
    expect(afterMs).toBeGreaterThan(DRAIN_MS);
    expect(afterMs).toBeLessThan(DRAIN_MS + 2_000);
  });

  it('is not ready while the Kubernetes API does not let it list, and says why', async () => {
    const started = await web({ NAMESPACES: '' });
    const { status, body } = await httpGet(`${started.ops}/readyz`);
    expect([status, body.toString()]).toEqual([503, 'No list of live streams yet.\n']);
    expect((await httpGet(`${started.http}/api/v1/live-streams`)).status).toBe(503);
    expect(started.log()).toContain('livestreams.showrunner.dev is forbidden');
  });

  it('refuses settings that cannot be, in words', async () => {
    await expect(web({ NAMESPACES: 'One Two', MEDIA_ORIGIN: 'https://media.example.org/hls' })).rejects.toThrow(
      /SHOWRUNNER_NAMESPACES.*must be names of namespaces with commas between them[^]*SHOWRUNNER_MEDIA_ORIGIN.*must be scheme, host and port alone/,
    );
  });
});
