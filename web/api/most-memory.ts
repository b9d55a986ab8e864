import { MOST_CONNECTION_BYTES } from '@showrunner/service-kit';
import type { z } from 'zod';
import type { webConfigSchema } from './config.ts';
import { MOST_UNREAD_BYTES } from './event-stream.ts';

const MIB = 1024 * 1024;
/** Node itself with all modules, and what is not collected yet: 133 MB as measured. */
const NODE_BYTES = 128 * MIB;
/** 10,000 LiveStreams, more than a cluster has, and what following them leaves to be collected. */
const LIVE_STREAMS_BYTES = 256 * MIB;

/** What the pod takes at most, all its bounds together, in bytes. The limit of its container must not be less. */
export function mostMemory({ maxConnections }: Pick<z.output<typeof webConfigSchema>, 'maxConnections'>): number {
  return NODE_BYTES + LIVE_STREAMS_BYTES + MOST_UNREAD_BYTES + maxConnections * MOST_CONNECTION_BYTES;
}
