import type { BitWriter } from './bit-writer.ts';

/** rangeTabLPS of ITU-T H.264 table 9-44, four to a state. */
const RANGE_OF_LPS = Uint8Array.of(
  ...[128, 176, 208, 240, 128, 167, 197, 227, 128, 158, 187, 216, 123, 150, 178, 205, 116, 142, 169, 195],
  ...[111, 135, 160, 185, 105, 128, 152, 175, 100, 122, 144, 166, 95, 116, 137, 158, 90, 110, 130, 150],
  ...[85, 104, 123, 142, 81, 99, 117, 135, 77, 94, 111, 128, 73, 89, 105, 122, 69, 85, 100, 116],
  ...[66, 80, 95, 110, 62, 76, 90, 104, 59, 72, 86, 99, 56, 69, 81, 94, 53, 65, 77, 89],
  ...[51, 62, 73, 85, 48, 59, 69, 80, 46, 56, 66, 76, 43, 53, 63, 72, 41, 50, 59, 69],
  ...[39, 48, 56, 65, 37, 45, 54, 62, 35, 43, 51, 59, 33, 41, 48, 56, 32, 39, 46, 53],
  ...[30, 37, 43, 50, 29, 35, 41, 48, 27, 33, 39, 45, 26, 31, 37, 43, 24, 30, 35, 41],
  ...[23, 28, 33, 39, 22, 27, 32, 37, 21, 26, 30, 35, 20, 24, 29, 33, 19, 23, 27, 31],
  ...[18, 22, 26, 30, 17, 21, 25, 28, 16, 20, 23, 27, 15, 19, 22, 25, 14, 18, 21, 24],
  ...[14, 17, 20, 23, 13, 16, 19, 22, 12, 15, 18, 21, 12, 14, 17, 20, 11, 14, 16, 19],
  ...[11, 13, 15, 18, 10, 12, 15, 17, 10, 12, 14, 16, 9, 11, 13, 15, 9, 11, 12, 14],
  ...[8, 10, 12, 14, 8, 9, 11, 13, 7, 9, 11, 12, 7, 9, 10, 12, 7, 8, 10, 11],
  ...[6, 8, 9, 11, 6, 7, 9, 10, 6, 7, 8, 9, 2, 2, 2, 2],
);
/** transIdxLPS of table 9-45. */
const STATE_AFTER_LPS = Uint8Array.of(
  ...[0, 0, 1, 2, 2, 4, 4, 5, 6, 7, 8, 9, 9, 11, 11, 12, 13, 13, 15, 15, 16, 16, 18, 18, 19, 19, 21, 21, 22, 22, 23],
  ...[24, 24, 25, 26, 26, 27, 27, 28, 29, 29, 30, 30, 30, 31, 32, 32, 33, 33, 33, 34, 34, 35, 35, 35, 36, 36, 36, 37],
  ...[37, 37, 38, 38, 63],
);
const LAST_ADAPTIVE_STATE = 62;

/** The probability of one kind of binary decision. */
interface CabacContext {
  state: number;
  mostProbable: number;
}

/** A context at the start of a slice from its m and n of tables 9-12 to 9-33 (section 9.3.1.1). */
export function initialContext(m: number, n: number, sliceQp: number): CabacContext {
  const qp = Math.min(Math.max(sliceQp, 0), 51);
  const start = Math.min(Math.max(((m * qp) >> 4) + n, 1), 126);
  return start <= 63 ? { state: 63 - start, mostProbable: 0 } : { state: start - 64, mostProbable: 1 };
}

/** The arithmetic encoder of ITU-T H.264 section 9.3.4.2. Begins at a byte boundary of its writer. */
export class CabacEncoder {
  readonly #writer: BitWriter;
  #low = 0;
  #range = 510;
  #outstanding = 0;
  #first = true;

  constructor(writer: BitWriter) {
    this.#writer = writer;
  }

  decision(context: CabacContext, bin: number): void {
    const rangeOfLps = RANGE_OF_LPS[context.state * 4 + ((this.#range >> 6) & 3)]!;
    this.#range -= rangeOfLps;
    if (bin === context.mostProbable) {
      context.state = Math.min(context.state + 1, LAST_ADAPTIVE_STATE);
    } else {
      this.#low += this.#range;
      this.#range = rangeOfLps;
      if (context.state === 0) context.mostProbable = 1 - context.mostProbable;
      context.state = STATE_AFTER_LPS[context.state]!;
    }
    this.#renormalize();
  }

  /** A decision that ends the slice data where it is 1; the stop bit of the NAL unit is then written too. */
  terminate(bin: number): void {
    this.#range -= 2;
    if (bin === 0) return this.#renormalize();
    this.#low += this.#range;
    this.#range = 2;
    this.#renormalize();
    this.#put((this.#low >> 9) & 1);
    this.#writer.bits(((this.#low >> 7) & 3) | 1, 2);
  }

  #renormalize(): void {
    while (this.#range < 256) {
      if (this.#low < 256) this.#put(0);
      else if (this.#low >= 512) {
        this.#low -= 512;
        this.#put(1);
      } else {
        this.#low -= 256;
        this.#outstanding++;
      }
      this.#range *= 2;
      this.#low *= 2;
    }
  }

  #put(bit: number): void {
    if (this.#first) this.#first = false;
    else this.#writer.bit(bit);
    for (; this.#outstanding > 0; this.#outstanding--) this.#writer.bit(1 - bit);
  }
}
