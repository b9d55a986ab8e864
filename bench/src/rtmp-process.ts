/**
 * node rtmp-process.ts ingest STREAMS: an ingest of the streams load-0, load-1, ... with their names as keys, without what comes
 * behind it.
 * node rtmp-process.ts front-door STREAMS PORT: a front door for them, before the ingest at that port.
 * Prints its port when it takes publishers.
 */
import { once } from 'node:events';
import { liveStreamSchema } from '@showrunner/crds';
import { createIngest, createStoreAdmission } from '@showrunner/ingest';
import { createFrontDoorPod, frontDoorConfigSchema } from '@showrunner/ingest/front-door';
import { createLogger, createRegistry, type Feed, hashStreamKey, relaxCollector } from '@showrunner/service-kit';

const [role, count, target] = process.argv.slice(2);
const host = '127.0.0.1';
const streams = Array.from({ length: Number(count) }, (_, index) => `load-${index}`).map((name) =>
  liveStreamSchema.parse({
    apiVersion: 'showrunner.dev/v1alpha1',
    kind: 'LiveStream',
    metadata: { name },
    status: {
      ingest: { keyHashes: [{ sha256: hashStreamKey(name) }] },
      conditions: [
        {
          type: 'IngestReady',
          status: 'True',
          reason: 'Ready',
          message: '',
          lastTransitionTime: '2026-11-21T00:00:00Z',
        },
      ],
    },
  }),
);
/** The API server of a cluster in which nothing changes. */
const store: Feed<'LiveStream'> = {
  list: async () => ({ items: streams, resourceVersion: '1' }),
  watch: (_kind, { signal }) => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        if (!signal.aborted) await once(signal, 'abort');
        return { done: true, value: undefined };
      },
    }),
  }),
};
const registry = createRegistry();
relaxCollector();
if (role === 'ingest') {
  const logger = createLogger({ name: 'ingest', level: 'warn' });
  const admission = createStoreAdmission({ feeds: [store], logger });
  const ingest = createIngest({ config: { host, port: 0 }, admission, flvToken: 'bench', logger, registry });
  await admission.start();
  await ingest.start();
  console.log(ingest.rtmpPort);
} else {
  const portIn = (line: string) => (JSON.parse(line) as { ports?: { rtmp: number } }).ports?.rtmp;
  const write = (line: string) => void (portIn(line) && console.log(portIn(line)));
  const config = frontDoorConfigSchema.parse({
    ...{ host, rtmpPort: 0, opsPort: 0 },
    ...{ operatorHost: 'localhost', operatorPort: 1, knockTokenFile: '/dev/null' },
  });
  const logger = createLogger({ name: 'front-door', level: 'info' }, { write });
  const locate = () => ({ host, port: Number(target) });
  await createFrontDoorPod({ config, feeds: [store], logger, registry, locate }).start();
}
