import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A changed token counts after at most this time. */
const REREAD_MS = 1_000;

/** A token in a file, which whoever rotates it may change at any time. */
export class TokenFile {
  readonly #path: string;
  readonly #now: () => number;
  #read: { at: number; hash: Promise<Buffer> } | undefined;

  constructor(path: string, now: () => number = () => performance.now()) {
    this.#path = path;
    this.#now = now;
  }

  /** Takes as long for a wrong token as for the right one. Rejects where the file cannot be read or is empty. */
  async matches(presented: string): Promise<boolean> {
    if (!this.#read || this.#now() - this.#read.at >= REREAD_MS) {
      this.#read = { at: this.#now(), hash: this.#hash() };
    }
    return timingSafeEqual(await this.#read.hash, hashOf(presented));
  }

  async #hash(): Promise<Buffer> {
    const token = (await readFile(this.#path, 'utf8')).trim();
    if (token === '') throw new Error(`The token file ${this.#path} must not be empty.`);
    return hashOf(token);
  }
}

/** Of equal length whatever is compared. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
