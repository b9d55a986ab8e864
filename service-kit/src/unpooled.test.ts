import { expect, it } from 'vitest';
import { unpooled } from './unpooled.ts';

it('holds the bytes of all pieces and no others', () => {
  const whole = unpooled(Buffer.from('GET'), Buffer.alloc(0), Buffer.from(' /'));
  expect(whole.toString()).toBe('GET /');
  expect(whole.buffer.byteLength).toBe(5);
});
