import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Holds a server to so many connections. Where there are as many, the one on which nothing was asked for the longest makes room for a
 * newcomer, so that no crowd of them keeps others out by asking now and then; only where answers are awaited on all of them is it the
 * newcomer that is closed. To be called before anybody listens to connections and requests of the server, but node:http itself.
 *
 * @param refused A newcomer was closed.
 */
export function boundConnections(server: Server, most: number, refused?: () => void): BoundedConnections {
  const connections = new BoundedConnections(most);
  server.prependListener('connection', (socket: Socket) => {
    if (connections.admit(socket)) return;
    socket.destroy();
    refused?.();
  });
  server.prependListener('request', ({ socket }, response) => {
    connections.asked(socket);
    response.once('close', () => connections.answered(socket));
  });
  return connections;
}

/** Which connections there are, and which of them are idle. */
export class BoundedConnections {
  readonly #most: number;
  /** How many answers are awaited, or on their way, on each. */
  readonly #open = new Map<Socket, number>();
  /** Those without, the longest first. */
  readonly #idle = new Set<Socket>();

  constructor(most: number) {
    this.#most = most;
  }

  /** False where there is no room for it. */
  admit(socket: Socket): boolean {
    const [idlest] = this.#idle;
    if (this.#open.size >= this.#most) {
      if (!idlest) return false;
      this.#forget(idlest);
      idlest.destroy();
    }
    this.#open.set(socket, 0);
    this.#idle.add(socket);
    socket.once('close', () => this.#forget(socket));
    return true;
  }

  asked(socket: Socket): void {
    const awaited = this.#open.get(socket);
    if (awaited === undefined) return;
    this.#open.set(socket, awaited + 1);
    this.#idle.delete(socket);
  }

  /** All of an answer was taken from us. */
  answered(socket: Socket): void {
    const awaited = this.#open.get(socket);
    if (awaited === undefined) return;
    this.#open.set(socket, awaited - 1);
    if (awaited === 1) this.#idle.add(socket);
  }

  #forget(socket: Socket): void {
    this.#open.delete(socket);
    this.#idle.delete(socket);
  }
}
