import type { z } from 'zod';
import type { webConfigSchema } from './config.ts';
import { MOST_UNREAD_BYTES } from './event-stream.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Node itself with all modules, and what is not collected yet: 133 MB as measured. */
const NODE_BYTES = 128 * MIB;
/** 10,000 LiveStreams, more than a cluster has, and what following them leaves to be collected. */
const LIVE_STREAMS_BYTES = 256 * MIB;
/**
 * As measured with 8,000, of Node's memory 11 kB where nothing was asked, 30 kB where something was or a page follows events; and 4 kB of the
 * kernel's, which count too. It is no bound of who means harm: eight requests at once, with heads as long and as full as may be, take 241 kB.
 */
const CONNECTION_BYTES = 34 * KIB;

/** What the pod takes, all its bounds together and as many honest connections as may be, in bytes. The limit of its container must not be less. */
export function mostMemory({ maxConnections }: Pick<z.output<typeof webConfigSchema>, 'maxConnections'>): number {
  return NODE_BYTES + LIVE_STREAMS_BYTES + MOST_UNREAD_BYTES + maxConnections * CONNECTION_BYTES;
}
