import { readvSync } from 'node:fs';
import type { Socket } from 'node:net';
import { descriptor } from './socket-descriptor.ts';

export interface ReadBeatOptions {
  /** From how many publishers on they are read together. */
  readonly from: number;
  readonly intervalMs: number;
}

/** Takes the first `length` bytes of `buffer`, which is its own only during the call. */
type OnBytes = (buffer: Buffer, length: number) => void;

interface Member {
  readonly socket: Socket;
  readonly onBytes: OnBytes;
}

const READ_BYTES = 64 * 1024;
/** Of one publisher in one beat; what is more waits in the kernel, and holds back who sends it. */
const READS_PER_BEAT = 16;

/**
 * Reads the sockets of many publishers together, at a beat. To be woken for each of their messages (some eighty a second
 * from each) costs more than all that is then done with it: read in turn, all that has come is there at once. With few
 * publishers there is nothing to gain, and each socket is read when something has come.
 */
export class ReadBeat {
  readonly #options: ReadBeatOptions;
  readonly #members = new Set<Member>();
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  /** As readvSync wants it, which checks less of what it is given than readSync and so costs less. */
  readonly #buffers = [this.#buffer];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReadBeatOptions) {
    this.#options = options;
  }

  /** Reads the socket from now on, by itself or with the others. The answer ends that: the socket then reads alone. */
  join(socket: Socket, onBytes: OnBytes): () => void {
    const member = { socket, onBytes };
    if (descriptor(socket) === undefined) {
      socket.resume();
      return () => undefined;
    }
    this.#members.add(member);
    if (this.#timer) socket.pause();
    else if (this.#members.size < this.#options.from) socket.resume();
    else this.#begin();
    return () => this.#leave(member);
  }

  #begin(): void {
    for (const { socket } of this.#members) socket.pause();
    this.#timer = setInterval(() => this.#beat(), this.#options.intervalMs).unref();
  }

  #leave(member: Member): void {
    if (!this.#members.delete(member)) return;
    if (!member.socket.destroyed) member.socket.resume();
    if (!this.#timer || this.#members.size >= this.#options.from) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const { socket } of this.#members) if (!socket.destroyed) socket.resume();
  }

  #beat(): void {
    // A socket on which nothing has come answers with an error, and nobody wants to know where that was thrown.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      for (const member of this.#members) this.#readOrEnd(member);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  /** What one publisher sends must not keep the others from being read. */
  #readOrEnd(member: Member): void {
    try {
      this.#read(member);
    } catch (error) {
      this.#leave(member);
      member.socket.destroy(error as Error);
    }
  }

  #read(member: Member): void {
    const { socket, onBytes } = member;
    for (let reads = 0; reads < READS_PER_BEAT; reads++) {
      // A descriptor may be another connection's as soon as this one is closed.
      const fd = socket.destroyed || !this.#members.has(member) ? undefined : descriptor(socket);
      if (fd === undefined) return;
      let length: number;
      try {
        length = readvSync(fd, this.#buffers);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#leave(member);
        return;
      }
      // At its end or after an error, the socket's own reading finds out and closes it.
      if (length === 0) return this.#leave(member);
      onBytes(this.#buffer, length);
      if (length < READ_BYTES) return;
    }
  }
}
