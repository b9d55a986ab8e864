import { CLUSTER_PORTS } from '@showrunner/crds';
import {
  clusterDomainSetting,
  drainMsSchema,
  namespacesSchema,
  POD_SETTINGS,
  portSchema,
} from '@showrunner/service-kit';
import { z } from 'zod';

const MIB = 1024 * 1024;

/** Options of an edge, from SHOWRUNNER_* variables. */
export const edgePodConfigSchema = z.object({
  ...POD_SETTINGS,
  httpPort: portSchema.default(CLUSTER_PORTS.http).describe('/hls.'),
  clusterDomain: clusterDomainSetting,
  namespaces: namespacesSchema.describe('Namespaces of the streams, comma between; empty for all.'),
  cacheBytes: z
    .int()
    .min(MIB)
    .default(256 * MIB)
    .describe('Most bytes of answers that are kept in memory.'),
  inFlightBytes: z
    .int()
    .min(64 * MIB)
    .default(128 * MIB)
    .describe(
      'Most bytes of answers that are on their way from transcoders; beyond them the stream that takes most gives way.',
    ),
  maxConnections: z
    .int()
    .min(1)
    .default(10_000)
    .describe(
      'Most connections of viewers, with one request that waits on each. Beyond them the one that is idle longest makes room.',
    ),
  drainMs: drainMsSchema
    .max(600_000)
    .default(5_000)
    .describe('How long requests are still taken after SIGTERM, until nobody sends new ones, milliseconds.'),
});
export type EdgePodConfig = z.output<typeof edgePodConfigSchema>;
