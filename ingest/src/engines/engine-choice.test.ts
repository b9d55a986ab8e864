import { liveStreamSchema, type Engine, type LiveStream } from '@showrunner/crds';
import { createLogger, hashStreamKey, type WatchEvent } from '@showrunner/service-kit';
import { afterEach, describe, expect, it } from 'vitest';
import { createStoreAdmission, type StoreAdmission } from '../admission/store-admission.ts';
import { until } from '../testing/publish.ts';
import { EngineChoice } from './engine-choice.ts';

const servers = { 'node-media-server': 'rtmp://host:1935/live', 'nginx-rtmp': 'rtmp://host:1936/live' };

function liveStream(name: string, spec: object): LiveStream {
  const status = { ingest: { keyHashes: [{ sha256: hashStreamKey(`key-of-${name}`) }] } };
  const metadata = { namespace: 'default', name };
  return liveStreamSchema.parse({ apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata, spec, status });
}

describe('the choice between engines', () => {
  let admission: StoreAdmission;
  let tell: (event: WatchEvent<'LiveStream'>) => void;
  const on = new Set<string>();
  let changes: number;
  afterEach(() => admission.close());

  async function choiceAmong(...items: LiveStream[]): Promise<EngineChoice> {
    const events: WatchEvent<'LiveStream'>[] = [];
    let wake = Promise.withResolvers<void>();
    tell = (event) => {
      events.push(event);
      wake.resolve();
    };
    const store = {
      list: async () => ({ items, resourceVersion: '1' }),
      async *watch(_kind: 'LiveStream', { signal }: { signal: AbortSignal }) {
        signal.addEventListener('abort', () => wake.resolve());
        while (!signal.aborted) {
          const event = events.shift();
          if (event) yield event;
          else {
            await wake.promise;
            wake = Promise.withResolvers();
          }
        }
      },
    };
    admission = createStoreAdmission({ feeds: [store], logger: createLogger({ name: 'test', level: 'silent' }) });
    on.clear();
    changes = 0;
    const choice = new EngineChoice({ admission, isOn: ({ name }) => on.has(name), servers }, () => (changes += 1));
    await admission.start();
    return choice;
  }
  async function change(stream: LiveStream): Promise<void> {
    const before = changes;
    tell({ type: 'modified', object: stream });
    await until(() => changes > before);
  }

  /** Whether the show takes who comes in by this engine. */
  function publish(choice: EngineChoice, engine: Engine, takeover: 'newest' | 'refuse' = 'newest'): boolean {
    const publisher = { media: () => undefined, setPolicy: () => undefined, stop: () => undefined };
    const shows = choice.showsOf(engine, {
      publish: ({ name }, _connection, policy) => {
        if (policy.takeover === 'refuse' && on.has(name)) return undefined;
        on.add(name);
        return publisher;
      },
      end: () => undefined,
      sweep: () => undefined,
      state: ({ name }) => (on.has(name) ? 'live' : 'off'),
    });
    const policy = { takeover, reconnectGraceMs: 20_000, idleTimeoutMs: 10_000 };
    return shows.publish({ namespace: 'default', name: 'live' }, { replaced: () => undefined }, policy) !== undefined;
  }

  it('is the one of the spec; at the other one a publisher hears where to go', async () => {
    const choice = await choiceAmong(liveStream('own', {}), liveStream('nginx', { ingest: { engine: 'nginx-rtmp' } }));
    const [own, nginx] = [choice.admissionOf('node-media-server'), choice.admissionOf('nginx-rtmp')];
    expect(await own.admit('key-of-own')).toMatchObject({ admitted: true, stream: { name: 'own' } });
    expect(await nginx.admit('key-of-nginx')).toMatchObject({ admitted: true, stream: { name: 'nginx' } });
    expect(await own.admit('key-of-nginx')).toMatchObject({
      admitted: false,
      refusal: {
        code: 'other-engine',
        sentence: 'This show takes its publisher at rtmp://host:1936/live: put that into the Server field.',
      },
    });
    expect(await nginx.admit('key-of-own')).toMatchObject({
      refusal: {
        sentence: 'This show takes its publisher at rtmp://host:1935/live: put that into the Server field.',
      },
    });
    expect(await nginx.admit('key-of-nobody')).toMatchObject({ refusal: { code: 'unknown-key' } });
  });

  it('wants an engine while a stream asks for it that is switched on', async () => {
    const choice = await choiceAmong(liveStream('live', {}));
    expect([choice.wants('node-media-server'), choice.wants('nginx-rtmp')]).toEqual([true, false]);
    await change(liveStream('live', { ingest: { engine: 'nginx-rtmp' } }));
    expect([choice.wants('node-media-server'), choice.wants('nginx-rtmp')]).toEqual([false, true]);
    await change(liveStream('live', { enabled: false, ingest: { engine: 'nginx-rtmp' } }));
    expect(choice.wants('nginx-rtmp')).toBe(false);
  });

  it('lets the publisher of a show back in where it began, until the show is over', async () => {
    const choice = await choiceAmong(liveStream('live', { ingest: { engine: 'nginx-rtmp' } }));
    const [own, nginx] = [choice.admissionOf('node-media-server'), choice.admissionOf('nginx-rtmp')];
    publish(choice, 'nginx-rtmp');
    await change(liveStream('live', {}));
    expect(choice.wants('nginx-rtmp')).toBe(true);
    expect(await nginx.admit('key-of-live')).toMatchObject({ admitted: true });
    on.delete('live');
    expect(choice.wants('nginx-rtmp')).toBe(false);
    expect(await nginx.admit('key-of-live')).toMatchObject({ refusal: { code: 'other-engine' } });
    expect(await own.admit('key-of-live')).toMatchObject({ admitted: true });
  });

  it('leaves a show where it is while another publisher is let in and refused by it', async () => {
    const choice = await choiceAmong(liveStream('live', { ingest: { engine: 'nginx-rtmp' } }));
    const [own, nginx] = [choice.admissionOf('node-media-server'), choice.admissionOf('nginx-rtmp')];
    publish(choice, 'nginx-rtmp');
    await change(liveStream('live', {}));
    expect(await own.admit('key-of-live')).toMatchObject({ admitted: true });
    expect(publish(choice, 'node-media-server', 'refuse')).toBe(false);
    expect(await nginx.admit('key-of-live')).toMatchObject({ admitted: true });
    expect(publish(choice, 'node-media-server')).toBe(true);
    expect(await nginx.admit('key-of-live')).toMatchObject({ refusal: { code: 'other-engine' } });
  });
});
