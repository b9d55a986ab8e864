import { CLUSTER_PORTS } from '@showrunner/crds';
import { drainMsSchema, POD_SETTINGS, portSchema, streamFolderSetting } from '@showrunner/service-kit';
import { z } from 'zod';

/** Options of a transcoder pod, from SHOWRUNNER_* variables. What belongs to its show stands in the stream's folder. */
export const transcoderPodConfigSchema = z.object({
  ...POD_SETTINGS,
  streamFolder: streamFolderSetting,
  ingestUrl: z
    .string()
    .regex(/^http:\/\/[^/?#@]+$/, 'must be an address such as http://live-ingest:8080')
    .describe('Where ingest serves HTTP-FLV.'),
  httpPort: portSchema.default(CLUSTER_PORTS.http).describe('/hls.'),
  ffmpeg: z.string().min(1).default('ffmpeg').describe('The ffmpeg program.'),
  drainMs: drainMsSchema
    .default(600_000)
    .describe('How long a running show is still served after SIGTERM, milliseconds.'),
});
export type TranscoderPodConfig = z.output<typeof transcoderPodConfigSchema>;
