import { writevSync } from 'node:fs';
import type { Socket } from 'node:net';
import { descriptor } from '../rtmp/socket-descriptor.ts';

/**
 * One direction of a splice: writes bytes to a socket, past the event loop where nothing waits there, for that is a fifth of the
 * work. What the kernel does not take waits in the socket, and no more is to be written until it has gone.
 */
export class Flow {
  readonly #to: Socket;
  readonly #onFree: () => void;
  readonly #now: () => number;
  #waiting = 0;
  #waitingSince = 0;

  /** `onFree` is called when nothing waits any more, after a write that answered `false`. */
  constructor(to: Socket, onFree: () => void, now: () => number) {
    this.#to = to;
    this.#onFree = onFree;
    this.#now = now;
  }

  /** Writes the first `length` bytes, which stay the caller's. `false`: write no more until `onFree`. */
  write(bytes: Buffer, length: number): boolean {
    const to = this.#to;
    if (to.destroyed || to.writableEnded) return true;
    const sent = to.writableLength === 0 ? writeNow(to, bytes, length) : 0;
    if (sent === length) return true;
    if (this.#waiting === 0) this.#waitingSince = this.#now();
    this.#waiting += 1;
    to.write(Buffer.from(bytes.subarray(sent, length)), () => {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#onFree();
    });
    return false;
  }

  /** For how long nothing has been taken, milliseconds. */
  stalledMs(now: number): number {
    return this.#waiting === 0 ? 0 : now - this.#waitingSince;
  }
}

/** How many of the bytes the kernel took at once. */
function writeNow(to: Socket, bytes: Buffer, length: number): number {
  const fd = descriptor(to);
  if (fd === undefined) return 0;
  try {
    // It checks less of what it is given than writeSync, and so costs less.
    return writevSync(fd, [bytes.subarray(0, length)]);
  } catch {
    // Its buffer is full; or the connection is broken, which the socket finds out when it is written to.
    return 0;
  }
}
