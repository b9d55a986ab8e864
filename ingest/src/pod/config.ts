import { CLUSTER_PORTS } from '@showrunner/crds';
import { drainMsSchema, POD_SETTINGS, portSchema, streamFolderSetting } from '@showrunner/service-kit';
import { z } from 'zod';

/** Options of an ingest pod, from SHOWRUNNER_* variables. What belongs to its show stands in the stream's folder. */
export const ingestPodConfigSchema = z.object({
  ...POD_SETTINGS,
  streamFolder: streamFolderSetting,
  rtmpPort: portSchema.default(CLUSTER_PORTS.rtmp).describe('RTMP.'),
  httpPort: portSchema.default(CLUSTER_PORTS.http).describe('HTTP-FLV.'),
  drainMs: drainMsSchema.default(600_000).describe('How long a running show may go on after SIGTERM, milliseconds.'),
});
export type IngestPodConfig = z.output<typeof ingestPodConfigSchema>;
