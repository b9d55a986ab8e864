import { CLUSTER_PORTS } from '@showrunner/crds';
import {
  clusterDomainSetting,
  drainMsSchema,
  hostNameSchema,
  namespacesSchema,
  POD_SETTINGS,
  portSchema,
} from '@showrunner/service-kit';
import { z } from 'zod';
import { ingestConfigSchema } from '../config.ts';

/** Options of the front door, from SHOWRUNNER_* variables. */
export const frontDoorConfigSchema = z
  .object({
    ...POD_SETTINGS,
    rtmpPort: portSchema.default(CLUSTER_PORTS.rtmp).describe('RTMP.'),
    rtmpsPort: portSchema.default(CLUSTER_PORTS.rtmps).describe('RTMPS, where there is a certificate.'),
    tlsCert: z
      .string()
      .min(1)
      .optional()
      .describe('PEM file with the certificate of RTMPS and those that vouch for it.'),
    tlsKey: z.string().min(1).optional().describe('PEM file with its private key.'),
    operatorHost: hostNameSchema.describe('Name of the operator: every address of it is told who waits.'),
    operatorPort: portSchema.default(CLUSTER_PORTS.http),
    knockTokenFile: z.string().min(1).describe('File with what the operator wants to be shown.'),
    namespaces: namespacesSchema.describe('Namespaces of the streams, comma between; empty for all.'),
    clusterDomain: clusterDomainSetting,
    holdMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(25_000)
      .describe('How long a publisher is held while its ingest is not there. Encoders give up after 30 s.'),
    maxHeld: z.int().min(1).default(256).describe('Most publishers that are held at the same time.'),
    lameDuckMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(5_000)
      .describe(
        'How long new publishers are still taken after SIGTERM, until nobody is sent here any more, milliseconds.',
      ),
    drainMs: drainMsSchema.default(600_000).describe('How long publishers may go on after that, milliseconds.'),
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
