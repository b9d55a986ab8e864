import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** No player and no browser asks for anything before it has the answer to what it asked. */
const MAX_UNANSWERED = 8;
/** Some eighty requests, where they are as short as can be. */
const SLICE_BYTES = 2048;

/**
 * Ends a connection that asks for more than that without waiting for answers. node:http makes objects of all requests that it is given
 * at once: 64 KiB of short ones take 4 MB, for as long as their answers are not read. So it is given less at once. To be called
 * before anybody listens to connections of the server.
 */
export function boundPipelining(server: Server): void {
  const unanswered = new WeakMap<Socket, number>();
  server.on('connection', readInSlices);
  server.prependListener('request', ({ socket }, response) => {
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    if (count > MAX_UNANSWERED) socket.destroy();
    else response.once('close', () => unanswered.set(socket, unanswered.get(socket)! - 1));
  });
}

/** Stands between a socket and node:http, which has just begun to listen to it. */
function readInSlices(socket: Socket & { parser?: unknown }): void {
  const http = socket.listeners('data').at(-1) as (chunk: Buffer) => void;
  const read = (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length && !socket.destroyed; at += SLICE_BYTES) {
      http.call(socket, chunk.subarray(at, at + SLICE_BYTES));
      const isGivenAway = !socket.parser;
      if (isGivenAway) socket.off('data', read);
      if (isGivenAway || socket.isPaused()) {
        const rest = chunk.subarray(at + SLICE_BYTES);
        if (rest.length > 0) socket.unshift(rest);
        return;
      }
    }
  };
  socket.off('data', http);
  socket.on('data', read);
}
