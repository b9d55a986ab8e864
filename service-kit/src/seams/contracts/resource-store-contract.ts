import { UNOBSERVED_STATUS } from '@showrunner/crds';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Change,
  ConflictError,
  InvalidResourceError,
  type Kind,
  NotFoundError,
  type ResourceStore,
} from '../resource-store.ts';

const A = 'contract-a';
const B = 'contract-b';
const SHOW = { namespace: A, name: 'show' };
const READY = { phase: 'Ready', ingest: { server: 'rtmp://localhost/live' } } as const;
/** How long a watch may take to bring what was written. */
const PATIENCE_MS = 10_000;

const liveStream = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'showrunner.dev/v1alpha1',
  kind: 'LiveStream',
  metadata: { ...SHOW, ...metadata },
  spec,
});
const secret = (parts: object) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: A, name: 'show' },
  ...parts,
});

/**
 * What every ResourceStore does. `makeStore` gives a store of both kinds in which the namespaces `contract-a` and
 * `contract-b` exist and hold neither LiveStreams nor Secrets; it is called before each test, `cleanup` after it.
 */
export function resourceStoreContract(
  name: string,
  makeStore: () => Promise<{ store: ResourceStore; cleanup: () => Promise<void> }>,
): void {
  describe(`${name} as a ResourceStore`, () => {
    let store: ResourceStore;
    let cleanup: () => Promise<void>;
    beforeEach(async () => {
      ({ store, cleanup } = await makeStore());
    });
    afterEach(() => cleanup());

    describe('apply', () => {
      it('creates with defaults and identity', async () => {
        const before = Date.now();
        const created = await store.apply('LiveStream', liveStream({ title: 'One' }, { labels: { team: 'x' } }));
        expect(created).toMatchObject({
          metadata: { ...SHOW, generation: 1, labels: { team: 'x' } },
          spec: { title: 'One', visibility: 'public', enabled: true, transcode: { ladder: 'none' } },
        });
        expect(created.status).toEqual(UNOBSERVED_STATUS);
        expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(created.metadata.resourceVersion).toMatch(/./);
        expect(Math.abs(Date.parse(created.metadata.creationTimestamp ?? '') - before)).toBeLessThan(60_000);
        expect(await store.get('LiveStream', SHOW)).toEqual(created);
      });

      it('writes nothing where nothing changes', async () => {
        const created = await store.apply('LiveStream', liveStream({ title: 'One' }));
        expect(await store.apply('LiveStream', liveStream({ title: 'One', enabled: true }))).toEqual(created);
        expect(await store.apply('LiveStream', created)).toEqual(created);
        expect(await store.get('LiveStream', SHOW)).toEqual(created);
      });

      it('counts changes of the spec, and of nothing else, in generation', async () => {
        const created = await store.apply('LiveStream', liveStream());
        const relabelled = await store.apply('LiveStream', liveStream({}, { labels: { team: 'x' } }));
        const disabled = await store.apply('LiveStream', liveStream({ enabled: false }, { labels: { team: 'x' } }));
        expect([created, relabelled, disabled].map(({ metadata }) => metadata.generation)).toEqual([1, 1, 2]);
        expect(disabled.spec.enabled).toBe(false);
        const versions = [created, relabelled, disabled].map(({ metadata }) => metadata.resourceVersion);
        expect(new Set(versions).size).toBe(3);
        expect(disabled.metadata.uid).toBe(created.metadata.uid);
        expect(disabled.metadata.creationTimestamp).toBe(created.metadata.creationTimestamp);
      });

      it('leaves the status alone, whatever it is given', async () => {
        await store.apply('LiveStream', { ...liveStream(), status: { phase: 'Live' } });
        expect((await store.get('LiveStream', SHOW))?.status).toEqual(UNOBSERVED_STATUS);
        await store.patchStatus('LiveStream', SHOW, READY);
        const applied = await store.apply('LiveStream', { ...liveStream({ title: 'Two' }), status: { phase: 'Live' } });
        expect(applied.status).toEqual(READY);
      });

      it('refuses what breaks a rule, in sentences, and keeps what was there', async () => {
        const created = await store.apply('LiveStream', liveStream());
        const refusal = store.apply('LiveStream', liveStream({ transcode: { ladder: '999p', lader: '720p' } }));
        await expect(refusal).rejects.toBeInstanceOf(InvalidResourceError);
        await expect(refusal).rejects.toMatchObject({
          problems: [
            'spec.transcode.lader is not a field of LiveStream.',
            'spec.transcode.ladder: "999p" is not allowed: choose one of 1080p, 720p, 480p, 360p or none.',
          ],
        });
        expect(await store.get('LiveStream', SHOW)).toEqual(created);
      });

      it('refuses a resourceVersion that is not the current one', async () => {
        const first = await store.apply('LiveStream', liveStream());
        const { resourceVersion = '' } = first.metadata;
        const second = await store.apply('LiveStream', liveStream({ title: 'Two' }, { resourceVersion }));
        await expect(
          store.apply('LiveStream', liveStream({ title: 'Three' }, { resourceVersion })),
        ).rejects.toBeInstanceOf(ConflictError);
        expect(await store.get('LiveStream', SHOW)).toEqual(second);
        await store.delete('LiveStream', SHOW);
        await expect(
          store.apply('LiveStream', liveStream({}, { resourceVersion: second.metadata.resourceVersion })),
        ).rejects.toBeInstanceOf(ConflictError);
      });

      it('lets one of two win who started from the same version', async () => {
        const { resourceVersion } = (await store.apply('LiveStream', liveStream())).metadata;
        const outcomes = await Promise.allSettled(
          ['Left', 'Right'].map((title) => store.apply('LiveStream', liveStream({ title }, { resourceVersion }))),
        );
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      });

      it('folds the stringData of a Secret into its data', async () => {
        await store.apply(
          'Secret',
          secret({ data: { kept: 'a2VwdA==', streamKey: 'b2xk' }, stringData: { streamKey: 'new' } }),
        );
        const found = await store.get('Secret', SHOW);
        expect(found).toMatchObject({ type: 'Opaque', data: { kept: 'a2VwdA==', streamKey: 'bmV3' } });
        expect(found).not.toHaveProperty('stringData');
      });
    });

    describe('patchStatus', () => {
      it('replaces the status and nothing else', async () => {
        const created = await store.apply('LiveStream', liveStream({ title: 'One' }));
        await store.patchStatus('LiveStream', SHOW, { phase: 'Pending', playback: { hls: '/hls' } });
        const patched = await store.patchStatus('LiveStream', SHOW, READY);
        expect(patched.status).toEqual(READY);
        expect(patched.spec).toEqual(created.spec);
        expect(patched.metadata).toEqual({ ...created.metadata, resourceVersion: patched.metadata.resourceVersion });
        expect(patched.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
        expect(await store.get('LiveStream', SHOW)).toEqual(patched);
      });

      it('writes nothing where nothing changes', async () => {
        await store.apply('LiveStream', liveStream());
        const patched = await store.patchStatus('LiveStream', SHOW, READY);
        expect(await store.patchStatus('LiveStream', SHOW, { ...READY })).toEqual(patched);
      });

      it('refuses a resourceVersion that is not the current one', async () => {
        const { resourceVersion = '' } = (await store.apply('LiveStream', liveStream())).metadata;
        await store.patchStatus('LiveStream', SHOW, READY, { resourceVersion });
        await expect(
          store.patchStatus('LiveStream', SHOW, { phase: 'Live' }, { resourceVersion }),
        ).rejects.toBeInstanceOf(ConflictError);
        expect((await store.get('LiveStream', SHOW))?.status).toEqual(READY);
      });

      it('refuses what is not there, and what breaks a rule', async () => {
        await expect(store.patchStatus('LiveStream', SHOW, READY)).rejects.toBeInstanceOf(NotFoundError);
        await store.apply('LiveStream', liveStream());
        const wrong = { phase: 'Asleep' } as unknown as typeof READY;
        await expect(store.patchStatus('LiveStream', SHOW, wrong)).rejects.toBeInstanceOf(InvalidResourceError);
      });
    });

    describe('get, list and delete', () => {
      it('know nothing of what was never there', async () => {
        expect(await store.get('LiveStream', SHOW)).toBeUndefined();
        expect((await store.list('LiveStream', A)).items).toEqual([]);
        await expect(store.delete('LiveStream', SHOW)).rejects.toBeInstanceOf(NotFoundError);
      });

      it('list one namespace, or all, by kind and in the order of their names', async () => {
        await store.apply('LiveStream', liveStream({}, { name: 'b' }));
        await store.apply('LiveStream', liveStream({}, { name: 'a' }));
        await store.apply('LiveStream', liveStream({}, { name: 'c', namespace: B }));
        await store.apply('Secret', secret({}));
        const names = (items: { metadata: { name: string } }[]) => items.map(({ metadata }) => metadata.name);
        expect(names((await store.list('LiveStream', A)).items)).toEqual(['a', 'b']);
        const everywhere = (await store.list('LiveStream')).items;
        expect(names(everywhere.filter(({ metadata }) => [A, B].includes(metadata.namespace)))).toEqual([
          'a',
          'b',
          'c',
        ]);
        expect((await store.list('LiveStream', A)).items[0]).toEqual(
          await store.get('LiveStream', { namespace: A, name: 'a' }),
        );
      });

      it('forget what was deleted: its successor is another resource', async () => {
        const first = await store.apply('LiveStream', liveStream({ enabled: false }));
        await store.apply('LiveStream', liveStream());
        await store.patchStatus('LiveStream', SHOW, READY);
        await store.delete('LiveStream', SHOW);
        expect(await store.get('LiveStream', SHOW)).toBeUndefined();
        expect((await store.list('LiveStream', A)).items).toEqual([]);
        const second = await store.apply('LiveStream', liveStream());
        expect(second.metadata.uid).not.toBe(first.metadata.uid);
        expect(second.metadata.generation).toBe(1);
        expect(second.status).toEqual(UNOBSERVED_STATUS);
      });

      it('hand out objects that nobody else holds', async () => {
        const created = await store.apply('LiveStream', liveStream({ title: 'One' }));
        created.spec.title = 'Scribbled';
        const found = await store.get('LiveStream', SHOW);
        expect(found?.spec.title).toBe('One');
      });
    });

    describe('watch', () => {
      it('brings what happens after the listed version, in order', async () => {
        await store.apply('LiveStream', liveStream({ title: 'Before' }, { name: 'before' }));
        const { resourceVersion: from } = await store.list('LiveStream');
        const brought = take(store, 'LiveStream', from, 4);
        const added = await store.apply('LiveStream', liveStream());
        await store.apply('Secret', secret({}));
        const changed = await store.apply('LiveStream', liveStream({ enabled: false }));
        const patched = await store.patchStatus('LiveStream', SHOW, READY);
        await store.delete('LiveStream', SHOW);
        const events = await brought;
        expect(events.slice(0, 3)).toEqual([
          { type: 'added', object: added },
          { type: 'modified', object: changed },
          { type: 'modified', object: patched },
        ]);
        expect(events[3]).toMatchObject({ type: 'deleted', object: { metadata: SHOW, status: READY } });
      });

      it('brings nothing for a write that changed nothing', async () => {
        const { resourceVersion: from } = await store.list('LiveStream');
        const brought = take(store, 'LiveStream', from, 2);
        await store.apply('LiveStream', liveStream());
        await store.apply('LiveStream', liveStream());
        await store.apply('LiveStream', liveStream({ title: 'Two' }));
        expect((await brought).map(({ object }) => object.spec.title)).toEqual([undefined, 'Two']);
      });

      it('goes on from the version of any event', async () => {
        const { resourceVersion: from } = await store.list('LiveStream');
        for (const title of ['One', 'Two', 'Three']) await store.apply('LiveStream', liveStream({ title }));
        const [first] = await take(store, 'LiveStream', from, 1);
        const rest = await take(store, 'LiveStream', first?.object.metadata.resourceVersion ?? '', 2);
        expect(rest.map(({ object }) => object.spec.title)).toEqual(['Two', 'Three']);
      });

      it('waits for a reader that is slow, and loses nothing', async () => {
        const { resourceVersion: from } = await store.list('LiveStream');
        const stop = new AbortController();
        const titles: (string | undefined)[] = [];
        const reading = (async () => {
          for await (const event of store.watch('LiveStream', { from, signal: stop.signal })) {
            titles.push(event.type === 'unreadable' ? event.type : event.object.spec.title);
            await new Promise((resolve) => setTimeout(resolve, 1));
            if (titles.length === 150) stop.abort();
          }
        })();
        const expected = Array.from({ length: 150 }, (_, at) => `Title ${at}`);
        for (const title of expected) await store.apply('LiveStream', liveStream({ title }));
        await reading;
        expect(titles).toEqual(expected);
      });

      it('brings everything to everyone who watches', async () => {
        const { resourceVersion: from } = await store.list('LiveStream');
        const all = [take(store, 'LiveStream', from, 2), take(store, 'LiveStream', from, 2)];
        await store.apply('LiveStream', liveStream());
        await store.patchStatus('LiveStream', SHOW, READY);
        const [left, right] = await Promise.all(all);
        expect(left).toHaveLength(2);
        expect(left).toEqual(right);
      });

      it('ends without an error when its signal aborts', async () => {
        const { resourceVersion: from } = await store.list('LiveStream');
        const stop = new AbortController();
        const waiting = store.watch('LiveStream', { from, signal: stop.signal })[Symbol.asyncIterator]().next();
        setTimeout(() => stop.abort(), 20);
        expect(await waiting).toEqual({ done: true, value: undefined });
        const late = store.watch('LiveStream', { from, signal: stop.signal })[Symbol.asyncIterator]().next();
        expect(await late).toEqual({ done: true, value: undefined });
      });
    });
  });
}

/** The first events of a watch; fewer where they do not come in time. */
async function take<K extends Kind>(store: ResourceStore, kind: K, from: string, count: number): Promise<Change<K>[]> {
  const events: Change<K>[] = [];
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MS);
  for await (const event of store.watch(kind, { from, signal: stop.signal })) {
    if (event.type === 'unreadable') throw new Error(`${event.identity.name} cannot be read.`);
    events.push(event);
    if (events.length === count) break;
  }
  clearTimeout(timer);
  return events;
}
