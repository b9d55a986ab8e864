import { CLUSTER_PORTS, LADDER_PRESETS } from '@showrunner/crds';
import {
  clusterDomainSetting,
  drainMsSchema,
  LOG_LEVELS,
  namespacesSchema,
  POD_SETTINGS,
  portSchema,
} from '@showrunner/service-kit';
import { z } from 'zod';
import type { OperatorSettings } from './decide/index.ts';

/** Nobody would find a free one: Services name the ports. */
const fixedPortSchema = portSchema.min(1);
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const name = z
  .string()
  .regex(NAME, 'must be a name as Kubernetes takes it: lower-case letters, digits, dashes and dots');

/** Names in one line, separated by commas. */
const names = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .pipe(z.array(name));

function urlWith(scheme: RegExp, rule: string) {
  return z
    .string()
    .refine((text) => URL.canParse(text) && scheme.test(text), rule)
    .transform((text) => text.replace(/\/+$/, ''));
}

/** Options of the operator, from SHOWRUNNER_* variables. */
export const operatorConfigSchema = z.object({
  ...POD_SETTINGS,
  opsPort: fixedPortSchema.default(CLUSTER_PORTS.ops).describe('/healthz, /readyz, /metrics.'),
  httpPort: fixedPortSchema.default(CLUSTER_PORTS.http).describe('Knocks of the front door.'),
  namespace: name.describe("The operator's own namespace, where its Lease is."),
  leaseName: name
    .default('showrunner-operator')
    .describe(
      'Of several operators with the same Lease one leads; those of different installations have different ones.',
    ),
  podName: name.describe('Under this name it leads.'),
  namespaces: namespacesSchema.describe(
    'Namespaces whose LiveStreams it looks after, separated by commas; all where empty.',
  ),
  rtmpUrl: urlWith(/^rtmps?:\/\//, 'must be a URL such as rtmp://live.example.org:1935/live').describe(
    'What streamers enter as Server.',
  ),
  httpUrl: urlWith(/^https?:\/\//, 'must be a URL such as https://live.example.org').describe(
    'Where viewers find /hls and /watch.',
  ),
  ingestImage: z.string().min(1),
  transcoderImage: z.string().min(1),
  maxLadder: z.enum(LADDER_PRESETS).default('1080p').describe('The tallest ladder that a LiveStream may ask for.'),
  clusterDomain: clusterDomainSetting,
  knockTokenFile: z.string().min(1).describe('File with the token that the front door knocks with.'),
  imagePullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .default('IfNotPresent')
    .describe('Of the pods of streams.'),
  imagePullSecrets: names.describe("Names of Secrets in the streams' namespaces, separated by commas."),
  drainMs: drainMsSchema
    .default(600_000)
    .describe('How long a pod of a stream that is told to end goes on with a running show, milliseconds.'),
  podLogLevel: z.enum(LOG_LEVELS).default('info').describe('Of the pods of streams.'),
});
export type OperatorConfig = z.output<typeof operatorConfigSchema>;

export function settingsOf(config: Readonly<OperatorConfig>): OperatorSettings {
  const { rtmpUrl, httpUrl, ingestImage, transcoderImage, podLogLevel, ...rest } = config;
  const { imagePullPolicy, imagePullSecrets, maxLadder, clusterDomain, drainMs } = rest;
  return {
    urls: { rtmp: rtmpUrl, http: httpUrl },
    images: { ingest: ingestImage, transcoder: transcoderImage },
    imagePullPolicy,
    imagePullSecrets,
    maxLadder,
    clusterDomain,
    logLevel: podLogLevel,
    drainMs,
  };
}
