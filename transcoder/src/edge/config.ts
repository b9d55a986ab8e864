import { z } from 'zod';
import { CLUSTER_PORTS } from '@showrunner/crds';
import { LOG_LEVELS, namespacesSchema } from '@showrunner/service-kit';

const portSchema = z.int().min(0).max(65_535);
const MIB = 1024 * 1024;

/** Options of an edge, from SHOWRUNNER_* variables. */
export const edgePodConfigSchema = z.object({
  host: z.string().min(1).default('0.0.0.0').describe('Address to listen on.'),
  httpPort: portSchema.default(CLUSTER_PORTS.http).describe('/hls.'),
  opsPort: portSchema.default(CLUSTER_PORTS.ops).describe('/healthz, /readyz, /metrics.'),
  clusterDomain: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'must be a domain such as cluster.local')
    .default('cluster.local')
    .describe('Domain of the names of Services.'),
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
  drainMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(5_000)
    .describe('How long requests are still taken after SIGTERM, until nobody sends new ones, milliseconds.'),
  logLevel: z.enum(LOG_LEVELS).default('info'),
});
export type EdgePodConfig = z.output<typeof edgePodConfigSchema>;
