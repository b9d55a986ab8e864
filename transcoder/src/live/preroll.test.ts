import { parseAvcConfig } from '@showrunner/service-kit/flv';
import { describe, expect, it } from 'vitest';
import { avcRecord, pictureTag } from '../../test/hand-made-h264.ts';
import { Preroll } from './preroll.ts';

const VIDEO = { video: parseAvcConfig(avcRecord())! };
const large = pictureTag(0, true, Buffer.alloc(1024 * 1024));

describe('Preroll', () => {
  it('waits for the other track no longer than it has room for', () => {
    const preroll = new Preroll();
    preroll.expect(new Set(['video', 'audio']));
    const released = Array.from({ length: 20 }, () => preroll.push(large, VIDEO).length);
    expect(released).toEqual([...Array<number>(11).fill(0), 12, ...Array<number>(8).fill(1)]);
  });

  it('forgets what it has no room for while no track is known', () => {
    const preroll = new Preroll();
    for (let i = 0; i < 20; i++) expect(preroll.push(large, {})).toEqual([]);
    expect(preroll.push(pictureTag(400, false, Buffer.alloc(10)), VIDEO).length).toBe(9);
  });
});
