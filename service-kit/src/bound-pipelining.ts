import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** No player and no browser asks for anything before it has the answer to what it asked. */
const MAX_UNANSWERED = 8;
/** Some eighty requests, where they are as short as can be. */
const SLICE_BYTES = 2048;

const unanswered = new WeakMap<Socket, number>();

/** Also answers what is no request to anybody else, such as one without a Host. */
class CountedResponse extends ServerResponse {
  constructor(...[request, ...rest]: ConstructorParameters<typeof ServerResponse<IncomingMessage>>) {
    super(request, ...rest);
    const { socket } = request;
    const count = (unanswered.get(socket) ?? 0) + 1;
    unanswered.set(socket, count);
    if (count > MAX_UNANSWERED) socket.destroy();
    else this.once('close', () => unanswered.set(socket, unanswered.get(socket)! - 1));
  }
}

/**
 * Options of a server that ends a connection which asks for more than that without waiting for answers; `readInSlices` belongs to
 * them. node:http makes objects of all requests that it is given at once: 64 KiB of short ones take 4 MB, for as long as
 * their answers are not read.
 */
export const BOUNDED_PIPELINING = { ServerResponse: CountedResponse as typeof ServerResponse };

/** Has node:http given less at once. To be called before anybody else listens to connections of the server. */
export function readInSlices(server: Server): void {
  server.on('connection', sliceReads);
}

/** Stands between a socket and node:http, which has just begun to listen to it. */
function sliceReads(socket: Socket & { parser?: unknown }): void {
  const http = socket.listeners('data').at(-1) as (chunk: Buffer) => void;
  const read = (chunk: Buffer): void => {
    for (let at = 0; at < chunk.length && !socket.destroyed; at += SLICE_BYTES) {
      http.call(socket, chunk.subarray(at, at + SLICE_BYTES));
      const rest = chunk.subarray(at + SLICE_BYTES);
      if (!socket.parser) return leaveToOthers(rest);
      if (socket.isPaused()) {
        if (rest.length > 0) socket.unshift(rest);
        return;
      }
    }
  };
  /** Another protocol has the socket from here on, whose client says nothing before it is told so. */
  const leaveToOthers = (rest: Buffer) => {
    socket.off('data', read);
    if (rest.length > 0) socket.destroy();
  };
  socket.off('data', http);
  socket.on('data', read);
}
