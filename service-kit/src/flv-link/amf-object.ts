/** A flat object of AMF0: text and numbers by name. */
export type AmfObject = Readonly<Record<string, string | number>>;

const NUMBER = 0;
const STRING = 2;
const OBJECT = 3;
const OBJECT_END = 9;

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A name, as a script tag begins with it (AMF0 specification, section 2.4). */
export function amfName(name: string): Buffer {
  return Buffer.concat([Buffer.of(STRING), text(name)]);
}

/** Section 2.5; undefined fields are left out. Names and texts are of up to 65535 bytes. */
export function encodeAmfObject(object: Readonly<Record<string, string | number | undefined>>): Buffer {
  const pieces: Buffer[] = [Buffer.of(OBJECT)];
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue;
    pieces.push(text(name));
    if (typeof value === 'string') pieces.push(amfName(value));
    else {
      const number = Buffer.alloc(9);
      number.writeDoubleBE(value, 1);
      pieces.push(number);
    }
  }
  return Buffer.concat([...pieces, Buffer.of(0, 0, OBJECT_END)]);
}

/** `undefined` where the bytes from `at` on are anything else than one flat object. */
export function decodeAmfObject(bytes: Buffer, at: number): AmfObject | undefined {
  const object: Record<string, string | number> = Object.create(null) as Record<string, string | number>;
  const readText = (): string | undefined => {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return undefined;
    const value = bytes.toString('utf8', at + 2, end);
    at = end;
    return value;
  };
  if (bytes[at++] !== OBJECT) return undefined;
  for (;;) {
    const name = readText();
    if (name === undefined) return undefined;
    const type = bytes[at++];
    if (name === '' && type === OBJECT_END) return at === bytes.length ? object : undefined;
    if (type === STRING) {
      const value = readText();
      if (value === undefined) return undefined;
      object[name] = value;
    } else if (type === NUMBER && at + 8 <= bytes.length) {
      object[name] = bytes.readDoubleBE(at);
      at += 8;
    } else return undefined;
  }
}
