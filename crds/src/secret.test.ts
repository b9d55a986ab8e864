import { describe, expect, it } from 'vitest';
import { parseSecret } from './parse.ts';

const minimal = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'live.key' } };

describe('a Secret', () => {
  it('has its defaults filled in', () => {
    expect(parseSecret({ ...minimal, stringData: { streamKey: 'abc' } })).toEqual({
      ok: true,
      value: {
        ...minimal,
        metadata: { name: 'live.key', namespace: 'default' },
        type: 'Opaque',
        data: {},
        stringData: { streamKey: 'abc' },
      },
    });
  });

  it('is refused without a word of what it keeps', () => {
    const parsed = parseSecret({
      ...minimal,
      data: { 'a b': 'c2VjcmV0', plain: 'hunter2!' },
      stringData: { pin: 1234 },
    });
    expect(parsed).toEqual({
      ok: false,
      problems: [
        'data.a b: this value (not shown) is not allowed: its name must be 1 to 253 letters, digits, dashes, underscores and dots.',
        'data.plain: this value (not shown) is not allowed: must be base64.',
        'stringData.pin: this value (not shown) is not allowed: must be text.',
      ],
    });
  });
});
