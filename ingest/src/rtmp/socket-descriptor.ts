import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * The number of an open socket, to be read or written past the event loop; none on Windows, once it is closed (the
 * number may be another connection's then), or with TLS, where the bytes on the wire are not those of the stream.
 */
export function descriptor(socket: Socket): number | undefined {
  if (socket instanceof TLSSocket) return undefined;
  const { _handle: handle } = socket as unknown as { _handle: { fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}
