import { keepNewSpaceSmall, runMediaPod } from '@showrunner/service-kit';
import { edgePodConfigSchema } from './config.ts';
import { createEdgePod } from './edge-pod.ts';

/** Beyond the time in which requests are still taken: for who waits to be answered, and to close. */
const CLOSE_MS = 15_000;

/** One edge of a cluster. */
keepNewSpaceSmall();
await runMediaPod({
  name: 'edge',
  schema: edgePodConfigSchema,
  closeMs: ({ drainMs }) => drainMs + CLOSE_MS,
  create: createEdgePod,
});
