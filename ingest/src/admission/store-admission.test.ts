import { afterEach, describe, expect, it } from 'vitest';
import { liveStreamSchema, type LiveStream } from '@showrunner/crds';
import {
  createLogger,
  ExpiredError,
  ForbiddenError,
  type Identity,
  type ResourceStore,
  type WatchEvent,
} from '@showrunner/service-kit';
import { until } from '../testing/publish.ts';
import { createStoreAdmission, type StoreAdmission } from './store-admission.ts';
import { hashStreamKey } from '@showrunner/service-kit';

const logger = createLogger({ name: 'test', level: 'silent' });

function liveStream(key: string, spec: object = {}): LiveStream {
  return liveStreamSchema.parse({
    apiVersion: 'showrunner.dev/v1alpha1',
    kind: 'LiveStream',
    metadata: { name: 'live' },
    spec,
    status: { ingest: { keyHashes: [{ sha256: hashStreamKey(key) }] } },
  });
}

/** The two calls of a store that admission makes, with what they answer in the test's hands. */
function store() {
  const held = {
    items: [] as LiveStream[],
    unreadable: [] as Identity[],
    lists: 0,
    failure: undefined as Error | undefined,
  };
  let push: ((next: WatchEvent<'LiveStream'> | Error) => void) | undefined;
  async function* watch(_kind: string, { signal }: { signal: AbortSignal }) {
    for (;;) {
      const next = await new Promise<WatchEvent<'LiveStream'> | Error | undefined>((resolve) => {
        push = resolve;
        signal.addEventListener('abort', () => resolve(undefined), { once: true });
      });
      if (!next) return;
      if (next instanceof Error) throw next;
      yield next;
    }
  }
  const list = async () => {
    held.lists += 1;
    if (held.failure) throw held.failure;
    return { items: held.items, unreadable: held.unreadable, resourceVersion: '1' };
  };
  return {
    held,
    emit: async (next: WatchEvent<'LiveStream'> | Error) => {
      await until(() => push !== undefined);
      push?.(next);
      push = undefined;
    },
    resources: { list, watch } as unknown as ResourceStore,
  };
}

let admission: StoreAdmission | undefined;
afterEach(() => admission?.close());

async function answer(key: string): Promise<string> {
  const result = await admission!.admit(key);
  return result.admitted ? 'admitted' : result.refusal.code;
}

describe('admission by a store', () => {
  it('follows the streams and announces their changes', async () => {
    const { held, emit, resources } = store();
    held.items = [liveStream('first')];
    admission = createStoreAdmission({ feeds: [resources], logger });
    const changed: string[] = [];
    admission.onChange(({ name }) => changed.push(name));
    await admission.start();
    expect([await answer('first'), await answer('second')]).toEqual(['admitted', 'unknown-key']);
    await emit({ type: 'modified', object: liveStream('second') });
    await until(() => changed.length === 2);
    expect([await answer('first'), await answer('second')]).toEqual(['unknown-key', 'admitted']);
    await emit({ type: 'deleted', object: liveStream('second') });
    await until(() => changed.length === 3);
    expect(admission.barred({ namespace: 'default', name: 'live' })?.code).toBe('deleted');
  });

  it("lets one namespace's publishers in while another may not be read", async () => {
    const { held, resources } = store();
    held.items = [liveStream('key')];
    const refused = store();
    refused.held.failure = new ForbiddenError('Nobody may read that.');
    const feeds = [
      { ...resources, namespace: 'default' },
      { ...refused.resources, namespace: 'gone' },
    ];
    admission = createStoreAdmission({ feeds, logger });
    await admission.start();
    expect([await answer('key'), await answer('other')]).toEqual(['admitted', 'unknown-key']);
  });

  it('lists again where the store has forgotten what came in between', async () => {
    const { held, emit, resources } = store();
    admission = createStoreAdmission({ feeds: [resources], logger });
    await admission.start();
    held.items = [liveStream('key')];
    await emit(new ExpiredError('too old'));
    await until(() => held.lists === 2);
    await until(() => admission?.barred({ namespace: 'default', name: 'live' }) === undefined);
    expect(await answer('key')).toBe('admitted');
  });

  it('hears of a deletion that happened while nobody watched, but not of a stream that it cannot read', async () => {
    const { held, emit, resources } = store();
    held.items = [liveStream('key')];
    admission = createStoreAdmission({ feeds: [resources], logger });
    await admission.start();
    const grant = await admission.admit('key');
    if (!grant.admitted) throw new Error(grant.refusal.code);
    held.items = [];
    held.unreadable = [{ namespace: 'default', name: 'live', uid: grant.uid }];
    await emit(new ExpiredError('too old'));
    await until(() => admission?.stream(grant.stream) === undefined);
    expect(admission.isGone(grant)).toBe(false);
    held.unreadable = [];
    await emit(new ExpiredError('too old'));
    await until(() => admission?.isGone(grant) === true);
  });

  it('accepts no key of a stream that it can read no longer, for the key may have been revoked', async () => {
    const { held, emit, resources } = store();
    held.items = [liveStream('key')];
    admission = createStoreAdmission({ feeds: [resources], logger });
    const changed: string[] = [];
    admission.onChange(({ name }) => changed.push(name));
    await admission.start();
    const grant = await admission.admit('key');
    if (!grant.admitted) throw new Error(grant.refusal.code);
    await emit({ type: 'unreadable', identity: { ...grant.stream, uid: grant.uid } });
    await until(() => changed.length === 2);
    expect(await answer('key')).toBe('unknown-key');
    expect(admission.review(grant).admitted).toBe(false);
    expect(admission.isGone(grant)).toBe(false);
    await emit({ type: 'modified', object: liveStream('key') });
    await until(() => changed.length === 3);
    expect(await answer('key')).toBe('admitted');
  });

  it('keeps what it knows while the store is away, and lets publishers in that come before the first list', async () => {
    const { held, emit, resources } = store();
    held.items = [liveStream('key')];
    held.failure = new Error('away');
    admission = createStoreAdmission({ feeds: [resources], logger });
    void admission.start();
    const early = answer('key');
    await until(() => held.lists === 1);
    held.failure = undefined;
    expect(await early).toBe('admitted');
    held.failure = new Error('away again');
    await emit(new Error('connection lost'));
    await until(() => held.lists >= 3);
    expect(await answer('key')).toBe('admitted');
  });
});
