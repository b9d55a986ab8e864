import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@showrunner/service-kit';
import { KUBE, type KubeObject } from '@showrunner/service-kit/kube';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Informer, type InformerOptions } from './informer.ts';
import { type Fault, refusal, scriptedApi } from './testing/scripted-api.ts';

interface Thing {
  namespace: string;
  name: string;
  resourceVersion: string;
  color: string | undefined;
}

type Options = Partial<InformerOptions<KubeObject, Thing>>;

async function setUp({ options, prepare }: { options?: Options; prepare?: (api: Api) => void } = {}) {
  const api = await scriptedApi();
  prepare?.(api);
  const told: string[] = [];
  const informer = new Informer<KubeObject, Thing>({
    client: api.client,
    resource: KUBE.pods,
    trim: ({ metadata }) => ({
      namespace: metadata.namespace!,
      name: metadata.name,
      resourceVersion: metadata.resourceVersion!,
      color: metadata.labels?.['color'],
    }),
    changed: ({ before, after }) => told.push(`${before ? (after ? '~' : '-') : '+'}${(after ?? before)!.name}`),
    logger: createLogger({ name: 'test', level: 'silent' }),
    ...options,
    timing: { backOff: { firstMs: 10, maxMs: 50 }, ...options?.timing },
  });
  onTestFinished(async () => {
    await informer.close();
    await api.close();
  });
  informer.start();
  return { api, informer, told, names: () => [...informer.objects.values()].map(({ name }) => name).sort() };
}
type Api = Awaited<ReturnType<typeof scriptedApi>>;

const threePods = (api: Api) => ['a', 'b', 'c'].forEach((name) => api.put(name));
const watching = (api: Api) => vi.waitFor(() => expect(api.watches.size).toBe(1));

it('lists page by page, then follows changes', async () => {
  const { api, informer, told, names } = await setUp({ prepare: threePods });
  expect(informer.synced).toBe(false);
  await watching(api);
  expect(informer.synced).toBe(true);
  expect(api.listed).toEqual(['0', '2']);
  expect(names()).toEqual(['a', 'b', 'c']);
  api.put('a', { color: 'red' });
  api.put('d');
  api.remove('b');
  await vi.waitFor(() => expect(told).toEqual(['+a', '+b', '+c', '~a', '+d', '-b']));
  expect(informer.objects.get('ns', 'a')?.color).toBe('red');
  expect(names()).toEqual(['a', 'c', 'd']);
});

it('finds objects by what they belong to, also after they changed sides', async () => {
  const { api, informer } = await setUp({ options: { groupOf: ({ color }) => color } });
  await watching(api);
  const inGroup = (color: string) => informer.objects.group(color).map(({ name }) => name);
  api.put('a', { color: 'red' });
  api.put('b', { color: 'red' });
  await vi.waitFor(() => expect(inGroup('red')).toEqual(['a', 'b']));
  api.put('a', { color: 'blue' });
  await vi.waitFor(() => expect(inGroup('blue')).toEqual(['a']));
  expect(inGroup('red')).toEqual(['b']);
  api.remove('b');
  await vi.waitFor(() => expect(inGroup('red')).toEqual([]));
});

it('goes on after lists that fail, and begins a list again whose pages were forgotten', async () => {
  const { api, told, informer } = await setUp({
    prepare: (api) => {
      threePods(api);
      const fine: Fault = (response) =>
        response.end(
          JSON.stringify({
            metadata: { resourceVersion: '103', continue: '2' },
            items: [{ metadata: { name: 'a', namespace: 'ns', resourceVersion: '101' } }],
          }),
        );
      api.listFaults.push(
        refusal(500, 'Broken'),
        (response) => response.socket!.destroy(),
        fine,
        refusal(410, 'Expired'),
      );
    },
  });
  await watching(api);
  expect(api.listed).toEqual(['0', '0', '0', '2', '0', '2']);
  expect(told).toEqual(['+a', '+b', '+c']);
  expect(informer.problem).toBeUndefined();
});

it('tells why it hears nothing', async () => {
  const forbidden = refusal(403, 'pods is forbidden');
  const { api, informer } = await setUp({ prepare: (api) => api.listFaults.push(...Array<Fault>(6).fill(forbidden)) });
  await vi.waitFor(() => expect(informer.problem).toBe('pods is forbidden'));
  expect(informer.synced).toBe(false);
  await watching(api);
  expect(informer.problem).toBeUndefined();
});

it.each([403, 404])('knows a refusal (%i) that lasts from one of a moment, and from other trouble', async (code) => {
  const refused: boolean[] = [];
  const faults = (count: number, code: number) =>
    Array.from({ length: count }, (): Fault => (response) => {
      refused.push(informer.refused);
      refusal(code, 'No')(response);
    });
  const { api, informer } = await setUp({
    prepare: (api) => api.listFaults.push(...faults(5, code), ...faults(1, 500), ...faults(8, code)),
  });
  await watching(api);
  expect(refused).toEqual([...Array<boolean>(12).fill(false), true, true]);
  expect(informer.refused).toBe(false);
});

it('waits as long as the server asks for', async () => {
  const start = performance.now();
  const { api } = await setUp({
    prepare: (api) => api.listFaults.push(refusal(429, 'TooManyRequests', { 'retry-after': '1' })),
  });
  await vi.waitFor(() => expect(api.watches.size).toBe(1), 3_000);
  expect(performance.now() - start).toBeGreaterThan(990);
});

it.each<[string, Fault]>([
  ['refused with 500', refusal(500, 'Broken')],
  ['cut off at once', (response) => response.socket!.destroy()],
  ['ended at once', (response) => response.end()],
  [
    'cut in the middle of a line',
    (response) => {
      response.write('{"type":"ADDED","object":{"metada');
      setTimeout(() => response.socket?.destroy(), 10);
    },
  ],
  ['ended in the middle of a line', (response) => response.end('{"type":"ADDED","object":{"metada')],
  ['full of what is no JSON', (response) => response.end('<html>bad gateway</html>\n')],
  ['an error in the stream', (response) => response.end('{"type":"ERROR","object":{"code":500,"message":"etcd"}}\n')],
])('takes a watch up where it was, without a list, that was %s', async (_, fault) => {
  const { api, told } = await setUp({ prepare: threePods });
  await watching(api);
  const version = api.bookmark();
  api.watchFaults.push(fault);
  await sleep(20);
  api.watches.forEach((response) => response.destroy());
  await vi.waitFor(() => expect(api.watchedFrom.slice(1)).toEqual([version, version]));
  await watching(api);
  expect(api.listed).toHaveLength(2);
  api.put('e');
  await vi.waitFor(() => expect(told.at(-1)).toBe('+e'));
});

it.each<[string, Fault]>([
  ['with a refusal', refusal(410, 'Expired')],
  ['in the stream', (response) => response.end('{"type":"ERROR","object":{"code":410,"reason":"Expired"}}\n')],
])(
  'lists again where the server forgot the version, said %s, and finds what was deleted meanwhile',
  async (_, fault) => {
    const { api, told, names } = await setUp({ prepare: threePods });
    await watching(api);
    api.watchFaults.push(fault);
    api.remove('b', { silent: true });
    api.put('a', { color: 'red' }, { silent: true });
    api.put('d', {}, { silent: true });
    api.watches.forEach((response) => response.destroy());
    await vi.waitFor(() => expect(told.slice(3).sort()).toEqual(['+d', '-b', '~a']));
    expect(names()).toEqual(['a', 'c', 'd']);
    await watching(api);
  },
);

it('lists again where a watch cannot be taken up several times in a row', async () => {
  const { api } = await setUp({ prepare: threePods });
  await watching(api);
  api.watchFaults.push(...Array<Fault>(4).fill(refusal(504, 'Too large resource version')));
  api.watches.forEach((response) => response.destroy());
  await vi.waitFor(() => expect(api.listed).toHaveLength(4), 3_000);
  await watching(api);
});

it('begins a watch again that has fallen silent', async () => {
  const { api } = await setUp({ prepare: threePods, options: { timing: { silenceMs: 150 } } });
  await watching(api);
  const beat = setInterval(() => api.bookmark(), 50);
  await sleep(300);
  expect(api.watchedFrom).toHaveLength(1);
  clearInterval(beat);
  await vi.waitFor(() => expect(api.watchedFrom).toHaveLength(2));
  await vi.waitFor(() => expect(api.watches.size).toBe(1));
});

it('begins a watch again that is never answered', async () => {
  const { api } = await setUp({
    options: { timing: { silenceMs: 100 } },
    prepare: (api) => api.watchFaults.push(() => undefined),
  });
  await vi.waitFor(() => expect(api.watchedFrom).toHaveLength(2));
});

it('lists everything again from time to time, with one watch at a time', async () => {
  const { api, told } = await setUp({ prepare: threePods, options: { timing: { relistMs: 200 } } });
  await watching(api);
  api.remove('b', { silent: true });
  await vi.waitFor(() => expect(told).toEqual(['+a', '+b', '+c', '-b']));
  await watching(api);
  expect(api.watchedFrom.length).toBeGreaterThan(1);
});

it('has one watch however often it is started', async () => {
  const { api, informer } = await setUp();
  informer.start();
  informer.start();
  await watching(api);
  expect(api.listed).toEqual(['0']);
});

it('outlives a handler that throws and an object that cannot be read', async () => {
  const handled: string[] = [];
  const { api, informer } = await setUp({
    prepare: threePods,
    options: {
      trim: ({ metadata: { name, resourceVersion } }) => {
        if (name === 'b') throw new Error('unreadable');
        return { namespace: 'ns', name, resourceVersion: resourceVersion!, color: undefined };
      },
      changed: ({ after }) => {
        handled.push(after!.name);
        throw new Error('clumsy');
      },
    },
  });
  await watching(api);
  api.put('d');
  await vi.waitFor(() => expect(handled).toEqual(['a', 'c', 'd']));
  expect(informer.objects.size).toBe(3);
  expect(api.watchedFrom).toHaveLength(1);
});

it('knows its own writes at once, and tells them once', async () => {
  const { api, informer, told } = await setUp({ prepare: threePods });
  await watching(api);
  const written = api.put('a', { color: 'red' }, { silent: true });
  informer.absorb(written);
  expect(informer.objects.get('ns', 'a')?.color).toBe('red');
  api.tell(api.event('MODIFIED', written));
  api.put('b');
  await vi.waitFor(() => expect(told).toEqual(['+a', '+b', '+c', '~a', '~b']));
});

it('does not bring an object back with an answer that is older than its deletion', async () => {
  const { api, informer, names } = await setUp();
  await watching(api);
  const written = api.put('a', {}, { silent: true });
  api.remove('a');
  await sleep(30);
  informer.absorb(written);
  expect(names()).toEqual([]);
});

it('keeps what it wrote itself through a list that is older', async () => {
  const { api, informer, names } = await setUp({ prepare: threePods, options: { timing: { relistMs: 150 } } });
  await watching(api);
  informer.absorb({ metadata: { name: 'new', namespace: 'ns', resourceVersion: '900' } });
  await vi.waitFor(() => expect(api.listed.length).toBeGreaterThan(2));
  expect(names()).toContain('new');
});

it('reads everything anew where the versions of the server went back', async () => {
  const { api, informer, names } = await setUp({ prepare: threePods, options: { timing: { relistMs: 200 } } });
  await watching(api);
  api.setBack(10);
  api.put('z', {}, { silent: true });
  await vi.waitFor(() => expect(names()).toEqual(['z']));
  expect(informer.synced).toBe(true);
});

it('ends its watch and tells nothing more once it is closed, also in the middle of a list', async () => {
  const { api, informer, told } = await setUp({ prepare: threePods });
  await watching(api);
  await informer.close();
  await vi.waitFor(() => expect(api.watches.size).toBe(0));
  api.put('d');
  await sleep(30);
  expect(told).not.toContain('+d');

  const other = await setUp({ prepare: threePods });
  await other.informer.close();
  await sleep(30);
  expect(other.api.watchedFrom).toEqual([]);
});
