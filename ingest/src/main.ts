import { runMediaPod } from '@showrunner/service-kit';
import { ingestPodConfigSchema } from './pod/config.ts';
import { createIngestPod } from './pod/ingest-pod.ts';

/** Beyond the time that a running show is given: to tell its publisher, and to close. */
const CLOSE_MS = 10_000;

/** The ingest pod of one LiveStream. */
await runMediaPod({
  name: 'ingest',
  schema: ingestPodConfigSchema,
  closeMs: ({ drainMs }) => drainMs + CLOSE_MS,
  create: ({ shutdown, ...context }) => createIngestPod({ ...context, onOutdated: () => void shutdown.close() }),
});
