export type ByteRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'unsatisfiable' }
  /** Both ends belong to it. */
  | { readonly kind: 'part'; readonly first: number; readonly last: number };

const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/** A Range header of RFC 9110 section 14.2: one range of bytes; several ranges or another unit are ignored. */
export function parseRange(header: string | undefined, length: number): ByteRange {
  const match = header === undefined ? null : ONE_RANGE.exec(header.trim());
  if (!match) return { kind: 'whole' };
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return { kind: 'whole' };
  if (from === '') {
    const suffix = Math.min(Number(to), length);
    return suffix === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', first: length - suffix, last: length - 1 };
  }
  const first = Number(from);
  const last = to === '' ? length - 1 : Math.min(Number(to), length - 1);
  if (to !== '' && Number(to) < first) return { kind: 'whole' };
  return first >= length ? { kind: 'unsatisfiable' } : { kind: 'part', first, last };
}

/** The bytes `first` to `last` of buffers that follow each other, without copying. */
export function sliceBuffers(buffers: readonly Buffer[], first: number, last: number): Buffer[] {
  const out: Buffer[] = [];
  let offset = 0;
  for (const buffer of buffers) {
    const start = Math.max(first - offset, 0);
    const end = Math.min(last + 1 - offset, buffer.length);
    if (start < end) out.push(buffer.subarray(start, end));
    offset += buffer.length;
  }
  return out;
}
