import type { EdgePodConfig } from './config.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Node itself with all modules, and what is not collected yet: 123 MB as measured. */
const NODE_BYTES = 128 * MIB;
/**
 * A connection and the request that waits on it. As measured with 8,000 of them, of Node's memory 4 kB where nothing was asked, 7 kB where a
 * request waits that came the short way, 23 kB where it came through node:http; and 4 kB of the kernel's, which count too. It is no bound of
 * who means harm: eight requests at once, with heads as long and as full as may be, take 172 kB.
 */
const CONNECTION_BYTES = 32 * KIB;
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

/** What an edge takes, all its bounds together and as many honest connections as may be, in bytes. The limit of its container must not be less. */
export function mostMemory({ cacheBytes, inFlightBytes, maxConnections }: EdgePodConfig): number {
  const connections = maxConnections * CONNECTION_BYTES;
  return NODE_BYTES + cacheBytes + mostUnsent(cacheBytes) + inFlightBytes + connections + MOST_STREAMS * STREAM_BYTES;
}
