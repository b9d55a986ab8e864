import { runMediaPod } from '@showrunner/service-kit';
import { transcoderPodConfigSchema } from './pod/config.ts';
import { createTranscoderPod } from './pod/transcoder-pod.ts';

/** Beyond the time that a running show is given: for its viewers to hear of its end, and to close. */
const CLOSE_MS = 15_000;

/** The transcoder pod of one LiveStream. */
await runMediaPod({
  name: 'transcoder',
  schema: transcoderPodConfigSchema,
  closeMs: ({ drainMs }) => drainMs + CLOSE_MS,
  create: createTranscoderPod,
});
