const LEAST_BYTES = 16 * 1024;

/** Bytes that all bodies on their way may take together. */
export class ByteBudget {
  readonly #mostBytes: number;
  #taken = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get isSpent(): boolean {
    return this.#taken >= this.#mostBytes;
  }

  /** False, and nothing is taken, where there are not so many left. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#mostBytes) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}

/** Why a body is not read on: it is larger than such a body may be, or all bodies together are. */
export type BodyProblem = 'EMSGSIZE' | 'ENOBUFS';

/**
 * The body of an answer while it comes. Its buffer doubles, so that a byte is copied a few times at most and a body of many
 * tiny chunks takes no more memory than one of large ones.
 */
export class ResponseBody {
  readonly #mostBytes: number;
  readonly #budget: ByteBudget;
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(mostBytes: number, budget: ByteBudget) {
    this.#mostBytes = mostBytes;
    this.#budget = budget;
  }

  /** Makes room for so many bytes in all, such as Content-Length tells. */
  reserve(bytes: number): BodyProblem | undefined {
    if (bytes > this.#mostBytes) return 'EMSGSIZE';
    const more = bytes - this.#buffer.length;
    if (more <= 0) return undefined;
    if (!this.#budget.take(more)) return 'ENOBUFS';
    const larger = Buffer.allocUnsafeSlow(bytes);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
    return undefined;
  }

  add(chunk: Buffer): BodyProblem | undefined {
    const length = this.#length + chunk.length;
    if (length > this.#mostBytes) return 'EMSGSIZE';
    if (length > this.#buffer.length) {
      const doubled = Math.max(length, this.#buffer.length * 2, LEAST_BYTES);
      const problem = this.reserve(Math.min(doubled, this.#mostBytes));
      if (problem) return problem;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length = length;
    return undefined;
  }

  /** What came, in a buffer of that size. */
  whole(): Buffer {
    if (this.#length === this.#buffer.length) return this.#buffer;
    const whole = Buffer.allocUnsafeSlow(this.#length);
    this.#buffer.copy(whole, 0, 0, this.#length);
    return whole;
  }

  /** It is not on its way any more. Idempotent. */
  release(): void {
    this.#budget.give(this.#buffer.length);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
  }
}
