/**
 * Bytes per chunk that whoever lets publishers in announces and sends with: our own session, nginx-rtmp and the front door
 * alike, since a publisher that the front door has spliced through goes on reading with what it heard there.
 */
export const ANNOUNCED_CHUNK_BYTES = 0xffff;
