import { expect, it } from 'vitest';
import { ClientRecord } from './client-record.ts';

const HANDSHAKE = Buffer.alloc(3073, 1);

it('holds what comes behind the handshake, however it is cut', () => {
  const commands = Buffer.from('connect createStream publish');
  const whole = Buffer.concat([HANDSHAKE, commands]);
  for (const size of [1, 7, 1536, 3072, 3073, 3074, 5000]) {
    const record = new ClientRecord();
    for (let at = 0; at < whole.length; at += size) {
      const piece = Buffer.from(whole.subarray(at, at + size));
      record.add(piece, piece.length);
      // Its buffer is the reader's.
      piece.fill(0);
    }
    expect(record.bytes().equals(commands)).toBe(true);
    expect(record.length).toBe(commands.length);
  }
});

it('takes only as much of a buffer as was read', () => {
  const record = new ClientRecord();
  record.add(Buffer.concat([HANDSHAKE, Buffer.from('yes no')]), HANDSHAKE.length + 3);
  expect(record.bytes().toString()).toBe('yes');
});

it('is full at 64 KiB, and empty when it is cleared', () => {
  const record = new ClientRecord();
  record.add(HANDSHAKE, HANDSHAKE.length);
  record.add(Buffer.alloc(65_535), 65_535);
  expect(record.isFull).toBe(false);
  record.add(Buffer.alloc(1), 1);
  expect(record.isFull).toBe(true);
  record.clear();
  expect([record.isFull, record.bytes().length]).toEqual([false, 0]);
});
