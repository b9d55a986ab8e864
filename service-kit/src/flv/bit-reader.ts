/** Reads a bit string from its most significant bit on. Reading past the end throws a RangeError. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bits read so far. */
  get position(): number {
    return this.#position;
  }

  get bitsLeft(): number {
    return this.#bytes.length * 8 - this.#position;
  }

  bit(): number {
    const byte = this.#bytes[this.#position >> 3];
    if (byte === undefined) throw new RangeError('The bit string ended early.');
    return (byte >> (7 - (this.#position++ & 7))) & 1;
  }

  /** An unsigned number of up to 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  skip(count: number): void {
    if (count > this.bitsLeft) throw new RangeError('The bit string ended early.');
    this.#position += count;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** ue(v), ITU-T H.264 section 9.1. */
  unsignedExpGolomb(): number {
    let zeros = 0;
    while (this.bit() === 0) if (++zeros > 31) throw new RangeError('An Exp-Golomb code is longer than 32 bits.');
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v), ITU-T H.264 section 9.1.1. */
  signedExpGolomb(): number {
    const code = this.unsignedExpGolomb();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}

/** The raw byte sequence of a NAL unit (header byte included): emulation prevention bytes are taken out. */
export function unescapeNal(nal: Uint8Array): Uint8Array {
  const out = new Uint8Array(nal.length);
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    out[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.subarray(0, length);
}
