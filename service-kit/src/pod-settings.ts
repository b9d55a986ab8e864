import { CLUSTER_PORTS, type LiveStream } from '@showrunner/crds';
import { z } from 'zod';
import { LOG_LEVELS } from './logger.ts';

const DOMAIN = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
/** With a dot at its end it is absolute: no search domain is tried before it. */
const HOST_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\.?$/;

/** A port to listen on; 0 takes a free one. */
export const portSchema = z.int().min(0).max(65_535);

/** A name of DNS. */
export const hostNameSchema = z.string().regex(HOST_NAME, 'must be a host name such as showrunner.example.org');

/** How long something takes to end, in milliseconds; a day at most. */
export const drainMsSchema = z.int().min(0).max(86_400_000);

/** How long the show of a pod that has to go may run on, in milliseconds: not at all where its stream asks for newer pods at once. */
export function showDrainMs(stream: LiveStream | undefined, drainMs: number): number {
  return stream?.spec.updatePolicy === 'immediately' ? 0 : drainMs;
}

/** The settings that each pod of a cluster has. */
export const POD_SETTINGS = {
  host: z.string().min(1).default('0.0.0.0').describe('Address to listen on.'),
  opsPort: portSchema.default(CLUSTER_PORTS.ops).describe('/healthz, /readyz, /metrics.'),
  logLevel: z.enum(LOG_LEVELS).default('info'),
};

/** For the pods of one LiveStream. */
export const streamFolderSetting = z
  .string()
  .min(1)
  .default('/etc/showrunner/stream')
  .describe('Folder with live-stream.json and flvToken.');

/** For pods that call Services by their whole names. */
export const clusterDomainSetting = z
  .string()
  .regex(DOMAIN, 'must be a domain such as cluster.local')
  .default('cluster.local')
  .describe('Domain of the names of Services.');
