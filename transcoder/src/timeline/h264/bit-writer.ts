/** Writes a bit string from its most significant bit on. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #current = 0;
  #filled = 0;

  get aligned(): boolean {
    return this.#filled === 0;
  }

  bit(value: number): void {
    this.#current = (this.#current << 1) | value;
    if (++this.#filled < 8) return;
    this.#bytes.push(this.#current);
    this.#current = 0;
    this.#filled = 0;
  }

  /** An unsigned number of up to 32 bits. */
  bits(value: number, count: number): void {
    for (let shift = count - 1; shift >= 0; shift--) this.bit(Math.floor(value / 2 ** shift) % 2);
  }

  /** ue(v), ITU-T H.264 section 9.1. */
  unsignedExpGolomb(value: number): void {
    const length = Math.floor(Math.log2(value + 1));
    this.bits(0, length);
    this.bits(value + 1, length + 1);
  }

  /** Fills the byte that was begun. */
  align(value: 0 | 1): void {
    while (!this.aligned) this.bit(value);
  }

  /** The whole bytes so far. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** A NAL unit from its header byte and payload: emulation prevention bytes are put in (ITU-T H.264 section 7.4.1). */
export function escapeNal(raw: Uint8Array): Buffer {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of raw) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(out);
}
