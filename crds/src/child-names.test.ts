import { describe, expect, it } from 'vitest';
import { componentName } from './child-names.ts';

const SERVICE_NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

describe('componentName', () => {
  it('says whose and what it is', () => {
    expect(componentName('gala', 'ingest')).toBe('gala-ingest');
    expect(componentName('gala', 'transcoder')).toBe('gala-transcoder');
  });

  it.each(['1st-show', '0', 'a'.repeat(63), `${'a'.repeat(40)}-${'b'.repeat(22)}`])(
    'names a Service for %s',
    (name) => {
      for (const component of ['ingest', 'transcoder'] as const) {
        expect(componentName(name, component)).toMatch(SERVICE_NAME);
      }
    },
  );

  it('tells long names apart', () => {
    const [left, right] = ['a', 'b'].map((last) => componentName('x'.repeat(62) + last, 'transcoder'));
    expect(left).not.toBe(right);
  });
});
