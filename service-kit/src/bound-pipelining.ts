import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** No player and no browser asks for anything before it has the answer to what it asked. */
const MAX_UNANSWERED = 32;

/**
 * Ends a connection that asks for more than that without waiting for answers. node:http makes objects of all requests that come in one
 * chunk: 64 KiB of short ones take 4 MB, for as long as their answers are not read.
 */
export function boundPipelining(server: Server): void {
  const unanswered = new WeakMap<Socket, number>();
  server.prependListener('request', ({ socket }, response) => {
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    if (count > MAX_UNANSWERED) socket.destroy();
    else response.once('close', () => unanswered.set(socket, unanswered.get(socket)! - 1));
  });
}
