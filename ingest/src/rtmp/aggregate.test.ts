import { expect, it } from 'vitest';
import { flvTagHeader, flvTagTrailer } from '@showrunner/service-kit/flv';
import { readAggregate } from './aggregate.ts';

function tag(type: 8 | 9, timestamp: number, text: string): Buffer {
  return Buffer.concat([flvTagHeader(type, timestamp, text.length), Buffer.from(text), flvTagTrailer(text.length)]);
}

const aggregate = Buffer.concat([tag(9, 5000, 'video'), tag(8, 5023, 'sound')]);

it('counts timestamps from the message that holds the tags', () => {
  const messages: unknown[] = [];
  const whole = readAggregate(aggregate, 100, (type, at, payload) => messages.push([type, at, payload.toString()]));
  expect([whole, messages]).toEqual([
    true,
    [
      [9, 100, 'video'],
      [8, 123, 'sound'],
    ],
  ]);
});

it('tells every truncation but the ones between tags', () => {
  const wholes = Array.from({ length: aggregate.length + 1 }, (_, n) => n).filter((length) =>
    readAggregate(aggregate.subarray(0, length), 0, () => undefined),
  );
  expect(wholes).toEqual([0, 20, 40]);
});
