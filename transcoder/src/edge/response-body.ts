import type { BudgetedBody, BudgetShare } from './byte-budget.ts';

const LEAST_BYTES = 16 * 1024;

/** Why a body is not read on: it is larger than such a body may be, or there is no room for all bodies together. */
export type BodyProblem = 'EMSGSIZE' | 'ENOBUFS';

/**
 * The body of an answer while it comes. It takes room for what came, whatever was announced: its buffer doubles, so that a byte is
 * copied a few times at most and a body of many tiny chunks takes no more memory than one of large ones.
 */
export class ResponseBody implements BudgetedBody {
  readonly #share: BudgetShare;
  readonly #gaveWay: () => void;
  #mostBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  /** @param gaveWay Called where the room was taken from it; it is released then. */
  constructor(mostBytes: number, share: BudgetShare, gaveWay: () => void) {
    this.#mostBytes = mostBytes;
    this.#share = share;
    this.#gaveWay = gaveWay;
  }

  /** So many bytes will come, as Content-Length tells. */
  announce(bytes: number): BodyProblem | undefined {
    if (bytes > this.#mostBytes) return 'EMSGSIZE';
    this.#mostBytes = bytes;
    return undefined;
  }

  add(chunk: Buffer): BodyProblem | undefined {
    const length = this.#length + chunk.length;
    if (length > this.#mostBytes) return 'EMSGSIZE';
    if (length > this.#buffer.length && !this.#grow(length)) return 'ENOBUFS';
    chunk.copy(this.#buffer, this.#length);
    this.#length = length;
    return undefined;
  }

  #grow(least: number): boolean {
    const bytes = Math.min(Math.max(least, this.#buffer.length * 2, LEAST_BYTES), this.#mostBytes);
    if (!this.#share.take(this, bytes - this.#buffer.length)) return false;
    const larger = Buffer.allocUnsafeSlow(bytes);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
    return true;
  }

  /** What came, in a buffer of that size. */
  whole(): Buffer {
    if (this.#length === this.#buffer.length) return this.#buffer;
    const whole = Buffer.allocUnsafeSlow(this.#length);
    this.#buffer.copy(whole, 0, 0, this.#length);
    return whole;
  }

  giveWay(): void {
    this.release();
    this.#gaveWay();
  }

  /** It is not on its way any more. Idempotent. */
  release(): void {
    this.#share.release(this);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
  }
}
