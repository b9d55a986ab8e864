import { CLUSTER_PORTS } from '@showrunner/crds';
import {
  clusterDomainSetting,
  drainMsSchema,
  namespacesSchema,
  POD_SETTINGS,
  portSchema,
} from '@showrunner/service-kit';
import { z } from 'zod';

/** Options of the web pod, from SHOWRUNNER_* variables. */
export const webConfigSchema = z.object({
  ...POD_SETTINGS,
  httpPort: portSchema.default(CLUSTER_PORTS.http).describe('The API and the pages.'),
  namespaces: namespacesSchema.describe('Namespaces whose live streams are shown; all where empty.'),
  clusterDomain: clusterDomainSetting,
  mediaOrigin: z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => new URL(url).origin === url,
      'must be scheme, host and port alone, such as https://media.example.org',
    )
    .optional()
    .describe("Where /hls is served, when that is another origin than the pages'."),
  maxConnections: z
    .int()
    .min(1)
    .default(10_000)
    .describe(
      'Most connections; beyond them the one that is idle longest makes room. Nine tenths may be of open pages, each of which has one.',
    ),
  drainMs: drainMsSchema
    .max(600_000)
    .default(5_000)
    .describe('How long requests are still answered after SIGTERM, until none come any more, milliseconds.'),
});
