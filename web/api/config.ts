import { CLUSTER_PORTS } from '@showrunner/crds';
import { LOG_LEVELS, namespacesSchema } from '@showrunner/service-kit';
import { z } from 'zod';

const portSchema = z.int().min(0).max(65_535);

/** Options of the web pod, from SHOWRUNNER_* variables. */
export const webConfigSchema = z.object({
  host: z.string().min(1).default('0.0.0.0').describe('Address to listen on.'),
  httpPort: portSchema.default(CLUSTER_PORTS.http).describe('The API and the pages.'),
  opsPort: portSchema.default(CLUSTER_PORTS.ops).describe('/healthz, /readyz, /metrics.'),
  namespaces: namespacesSchema.describe('Namespaces whose live streams are shown; all where empty.'),
  clusterDomain: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be a domain without dots at its ends')
    .default('cluster.local')
    .describe('What names of Services end with.'),
  mediaOrigin: z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => new URL(url).origin === url,
      'must be scheme, host and port alone, such as https://media.example.org',
    )
    .optional()
    .describe("Where /hls is served, when that is another origin than the pages'."),
  drainMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(5_000)
    .describe('How long requests are still answered after SIGTERM, until none come any more, milliseconds.'),
  logLevel: z.enum(LOG_LEVELS).default('info'),
});
