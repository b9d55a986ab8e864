import { MOST_CONNECTION_BYTES } from '@showrunner/service-kit';
import type { EdgePodConfig } from './config.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Node itself with all modules, and what is not collected yet: 123 MB as measured. */
const NODE_BYTES = 128 * MIB;
/** A stream that is remembered, its playlists and what is under way for it apart: 2.7 kB as measured. */
const STREAM_BYTES = 4 * KIB;

/** Streams that are remembered: more than a cluster has. */
export const MOST_STREAMS = 10_000;

/** Of what is kept, in bytes: answers, and the playlists by which is known what there is. */
export function shareCache(cacheBytes: number): { readonly answers: number; readonly playlists: number } {
  const playlists = Math.floor(cacheBytes / 8);
  return { answers: cacheBytes - playlists, playlists };
}

/** What left the cache and is still being read, in bytes; most of what is being read is in it. */
export function mostUnsent(cacheBytes: number): number {
  return cacheBytes / 2;
}

/**
 * What an edge takes at most, all its bounds together, in bytes. The limit of its container must not be less. Only what the kernel keeps of
 * answers for readers who do not take them comes on top: as `net.ipv4.tcp_wmem` of the pod says, 4 MB for each at most, of which nothing is
 * known here.
 */
export function mostMemory({ cacheBytes, inFlightBytes, maxConnections }: EdgePodConfig): number {
  const connections = maxConnections * MOST_CONNECTION_BYTES;
  return NODE_BYTES + cacheBytes + mostUnsent(cacheBytes) + inFlightBytes + connections + MOST_STREAMS * STREAM_BYTES;
}
