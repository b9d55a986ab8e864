import { describe, expect, it } from 'vitest';
import { decodeLinkMark, encodeLinkMark, isLinkMark, type LinkMark } from './link-mark.ts';

describe('a mark of the link', () => {
  it.each<LinkMark>([
    { event: 'alive', state: 'reconnecting', instance: 'a-1' },
    { event: 'publisherStarted', onAirSince: 1_795_000_000_123 },
    { event: 'publisherStarted', onAirSince: 1_795_000_000_123, behindMs: 700 },
    { event: 'publisherStarted' },
    { event: 'publisherStopped', reason: 'dropped' },
    { event: 'showEnded', reason: 'grace-over' },
  ])('comes out as it went in: %j', (mark) => {
    const script = encodeLinkMark(mark);
    expect(isLinkMark(script)).toBe(true);
    expect(decodeLinkMark(script)).toEqual(mark);
  });

  it('is a script that every reader of FLV passes by: a name and an object', () => {
    expect(encodeLinkMark({ event: 'showEnded', reason: 'closed' }).toString('latin1')).toBe(
      '\x02\x00\x0ashowrunner\x03\x00\x05event\x02\x00\x09showEnded\x00\x06reason\x02\x00\x06closed\x00\x00\x09',
    );
  });

  it('is told from what publishers send', () => {
    const script = Buffer.from('\x02\x00\x0aonMetaData\x03\x00\x00\x09', 'latin1');
    expect([isLinkMark(script), decodeLinkMark(script)]).toEqual([false, undefined]);
  });

  it('is nothing where it is cut short, too long, or of words that are not known', () => {
    const whole = encodeLinkMark({ event: 'alive', state: 'live', instance: 'a' });
    for (let length = 0; length < whole.length; length++)
      expect(decodeLinkMark(whole.subarray(0, length))).toBe(undefined);
    expect(decodeLinkMark(Buffer.concat([whole, Buffer.of(0)]))).toBe(undefined);
    for (const wrong of [
      { event: 'else' },
      { event: 'showEnded', reason: 'tired' },
      { event: 'alive', state: 'live' },
    ]) {
      expect(decodeLinkMark(encodeLinkMark(wrong as LinkMark))).toBe(undefined);
    }
  });
});
