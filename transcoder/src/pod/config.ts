import { z } from 'zod';
import { CLUSTER_PORTS } from '@showrunner/crds';
import { LOG_LEVELS } from '@showrunner/service-kit';

const portSchema = z.int().min(0).max(65_535);

/** Options of a transcoder pod, from SHOWRUNNER_* variables. What belongs to its show stands in the stream's folder. */
export const transcoderPodConfigSchema = z.object({
  host: z.string().min(1).default('0.0.0.0').describe('Address to listen on.'),
  streamFolder: z
    .string()
    .min(1)
    .default('/etc/showrunner/stream')
    .describe('Folder with live-stream.json and flvToken.'),
  ingestUrl: z
    .string()
    .regex(/^http:\/\/[^/?#@]+$/, 'must be an address such as http://live-ingest:8080')
    .describe('Where ingest serves HTTP-FLV.'),
  httpPort: portSchema.default(CLUSTER_PORTS.http).describe('/hls.'),
  opsPort: portSchema.default(CLUSTER_PORTS.ops).describe('/healthz, /readyz, /metrics, /state.'),
  ffmpeg: z.string().min(1).default('ffmpeg').describe('The ffmpeg program.'),
  drainMs: z
    .int()
    .min(0)
    .max(86_400_000)
    .default(600_000)
    .describe('How long a running show is still served after SIGTERM, milliseconds.'),
  logLevel: z.enum(LOG_LEVELS).default('info'),
});
export type TranscoderPodConfig = z.output<typeof transcoderPodConfigSchema>;
