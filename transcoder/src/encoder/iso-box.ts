/** A box of ISO/IEC 14496-12 whose header was read. */
interface IsoBox {
  readonly type: string;
  /** What follows the header. */
  readonly body: Buffer;
}

/** Boxes that follow one another in a buffer. Throws a RangeError where one reaches beyond it. */
function* childBoxes(parent: Buffer): Generator<IsoBox> {
  for (let at = 0; at < parent.length;) {
    const size = parent.readUInt32BE(at);
    if (size < 8 || at + size > parent.length) {
      throw new RangeError(`A box of ${size} bytes stands where ${parent.length - at} are left.`);
    }
    yield { type: parent.toString('latin1', at + 4, at + 8), body: parent.subarray(at + 8, at + size) };
    at += size;
  }
}

function childrenOf(parent: Buffer, type: string): Buffer[] {
  return [...childBoxes(parent)].filter((box) => box.type === type).map((box) => box.body);
}

/** The body of the box at the end of a path, each step the first of its type; `undefined` where a step is missing. */
export function findBox(parent: Buffer, ...path: readonly string[]): Buffer | undefined {
  let body: Buffer | undefined = parent;
  for (const type of path) body = body && childrenOf(body, type)[0];
  return body;
}
