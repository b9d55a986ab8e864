import type { IncomingMessage, Server } from 'node:http';

/**
 * Ends a connection as soon as a request on it brings content, or trailers, for servers that have no use for any (RFC 9110 section
 * 9.3.1). What nobody reads is kept until the answer was taken: up to 64 KiB, which take 5 MB where they come in chunks of a byte each.
 */
export function refuseContent(server: Server): void {
  server.prependListener('request', (request: IncomingMessage) => {
    const { 'transfer-encoding': coding, 'content-length': length = '0' } = request.headers;
    if (coding === undefined && length === '0') return;
    const end = (): void => void request.socket.destroy();
    request.once('data', end);
    request.once('end', () => {
      if (request.rawTrailers.length > 0) end();
    });
  });
}
