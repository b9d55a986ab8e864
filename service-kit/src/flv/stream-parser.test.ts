import { describe, expect, it } from 'vitest';
import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, type FlvTag } from '../seams/flv-source.ts';
import { FlvStreamParser } from './stream-parser.ts';
import { FLV_FILE_HEADER, flvTagHeader, flvTagTrailer } from './tag.ts';

const TAGS: FlvTag[] = [
  { type: FLV_SCRIPT, timestamp: 0, payload: Buffer.from('meta') },
  { type: FLV_VIDEO, timestamp: 0xff_ff_ff_fe, payload: Buffer.alloc(3_000, 7) },
  { type: FLV_AUDIO, timestamp: 3, payload: Buffer.from([0xaf]) },
  { type: FLV_VIDEO, timestamp: 0x01_02_03_04, payload: Buffer.alloc(70, 9) },
];
const bytesOf = ({ type, timestamp, payload }: FlvTag) =>
  Buffer.concat([flvTagHeader(type, timestamp, payload.length), payload, flvTagTrailer(payload.length)]);
const STREAM = Buffer.concat([FLV_FILE_HEADER, ...TAGS.map(bytesOf)]);

/** What comes out of the bytes, cut into pieces of so many. */
function parse(bytes: Buffer, size: number, mostBytes = 4_000): FlvTag[] {
  const tags: FlvTag[] = [];
  const parser = new FlvStreamParser(mostBytes, (tag) => tags.push(tag));
  for (let at = 0; at < bytes.length; at += size) parser.push(Buffer.from(bytes.subarray(at, at + size)));
  return tags;
}

describe('FlvStreamParser', () => {
  it.each([1, 2, 3, 5, 7, 11, 13, 64, 1_000, STREAM.length])('reads tags from pieces of %i bytes', (size) => {
    expect(parse(STREAM, size)).toEqual(TAGS);
  });

  it('slices what came in one piece, and copies nothing', () => {
    const tags: FlvTag[] = [];
    new FlvStreamParser(4_000, (tag) => tags.push(tag)).push(STREAM);
    expect(tags.every(({ payload }) => payload.buffer === STREAM.buffer)).toBe(true);
  });

  it.each([
    ['what is no FLV', Buffer.from('HTTP/1.1 200 OK'), 'does not begin with the header'],
    [
      'another type of tag',
      Buffer.concat([FLV_FILE_HEADER, Buffer.from([15, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])]),
      'is of the type 15',
    ],
    ['a tag that is too long', Buffer.concat([FLV_FILE_HEADER, flvTagHeader(9, 0, 4_001)]), 'has 4001 bytes'],
    ['an empty tag', Buffer.concat([FLV_FILE_HEADER, flvTagHeader(9, 0, 0)]), 'has 0 bytes'],
    [
      'a trailer that is wrong',
      Buffer.concat([FLV_FILE_HEADER, flvTagHeader(9, 0, 1), Buffer.of(1), flvTagTrailer(2)]),
      'ends with the length 13',
    ],
  ])('refuses %s', (_what, bytes, sentence) => {
    expect(() => parse(bytes, 3)).toThrow(sentence);
  });

  it('goes on behind a tag whose taker threw', () => {
    const tags: FlvTag[] = [];
    const parser = new FlvStreamParser(4_000, (tag) => {
      tags.push(tag);
      if (tags.length === 1) throw new Error('no');
    });
    const [first, second] = [bytesOf(TAGS[0]!), bytesOf(TAGS[1]!)];
    expect(() => parser.push(Buffer.concat([FLV_FILE_HEADER, first.subarray(0, -4)]))).toThrow('no');
    parser.push(Buffer.concat([first.subarray(-4), second]));
    expect(tags).toEqual(TAGS.slice(0, 2));
  });
});
