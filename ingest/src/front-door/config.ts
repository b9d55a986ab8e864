import { z } from 'zod';
import { CLUSTER_PORTS } from '@showrunner/crds';
import { LOG_LEVELS } from '@showrunner/service-kit';
import { ingestConfigSchema } from '../config.ts';

const portSchema = z.int().min(0).max(65_535);
const hostNameSchema = z.string().regex(/^[A-Za-z0-9._-]{1,253}$/, 'must be a host name');

/** Options of the front door, from SHOWRUNNER_* variables. */
export const frontDoorConfigSchema = z
  .object({
    host: z.string().min(1).default('0.0.0.0').describe('Address to listen on.'),
    rtmpPort: portSchema.default(CLUSTER_PORTS.rtmp).describe('RTMP.'),
    rtmpsPort: portSchema.default(CLUSTER_PORTS.rtmps).describe('RTMPS, where there is a certificate.'),
    tlsCert: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file with the certificate of RTMPS and those that vouch for it.'),
    tlsKey: z.string().min(1).optional().describe('PEM file with its private key.'),
    opsPort: portSchema.default(CLUSTER_PORTS.ops).describe('/healthz, /readyz, /metrics.'),
    operatorHost: hostNameSchema.describe('Name of the operator: every address of it is told who waits.'),
    operatorPort: portSchema.default(CLUSTER_PORTS.http),
    knockTokenFile: z.string().min(1).describe('File with what the operator wants to be shown.'),
    namespaces: z.string().default('').describe('Namespaces of the streams, comma between; empty for all.'),
    clusterDomain: hostNameSchema.default('cluster.local').describe('Domain of the names of Services.'),
    holdMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(25_000)
      .describe('How long a publisher is held while its ingest is not there. Encoders give up after 30 s.'),
    maxHeld: z.int().min(1).default(256).describe('Most publishers that are held at the same time.'),
    drainMs: z
      .int()
      .min(0)
      .max(86_400_000)
      .default(600_000)
      .describe('How long publishers may go on after SIGTERM, milliseconds.'),
    lameDuckMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(3_000)
      .describe('How long new publishers are still taken after SIGTERM, until all know that they should go elsewhere.'),
    logLevel: z.enum(LOG_LEVELS).default('info'),
    ...ingestConfigSchema.pick({
      handshakeTimeoutMs: true,
      wrongKeyDelayMs: true,
      unauthenticatedPerAddress: true,
      unauthenticatedTotal: true,
      maxPublishers: true,
    }).shape,
  })
  .refine(({ tlsCert, tlsKey }) => (tlsCert === undefined) === (tlsKey === undefined), {
    message: 'tlsCert and tlsKey must be set both or neither',
  });
export type FrontDoorConfig = z.output<typeof frontDoorConfigSchema>;

/** The namespaces that are named; none for all. */
export function namespacesOf({ namespaces }: FrontDoorConfig): string[] {
  return namespaces
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
