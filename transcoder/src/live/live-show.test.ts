import { liveStreamSpecSchema } from '@showrunner/crds';
import { FLV_AUDIO, FLV_VIDEO, type FlvTag } from '@showrunner/service-kit';
import { expect, it } from 'vitest';
import type { ShowTag } from '../packager/rung-encoder.ts';
import { LiveShow } from './live-show.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const video = (timestamp: number, hex: string): FlvTag => ({ type: FLV_VIDEO, timestamp, payload: bytes(hex) });
const audio = (timestamp: number, hex: string): FlvTag => ({ type: FLV_AUDIO, timestamp, payload: bytes(hex) });

const AVC = '17 00 000000 0142c00affe100176742c00ad9047b011000000300100000030320f122648001000568cb83cb20';
const keyframe = (timestamp: number) => video(timestamp, '17 01 000000 00000002 6588');

it('goes on with the sequence header before one that cannot be read, and so does the encoder', async () => {
  const told: string[] = [];
  let clockMs = 0;
  const show = new LiveShow({
    stream: { namespace: 'default', name: 'live' },
    transcode: liveStreamSpecSchema.parse({}).transcode,
    numbers: { msn: 1, discontinuitySequence: 1 },
    continuesOthers: false,
    now: () => 0,
    // Headers may change once in a while only.
    monotonicMs: () => (clockMs += 2_000),
    createEncoder: () => ({
      rungs: [],
      failing: false,
      tag: ({ payload }: ShowTag) => void (payload[1] === 0 && told.push(payload.toString('hex'))),
      close: async () => {},
    }),
    filledMs: () => {},
    renditionChanged: () => {},
  });
  const headers = [video(0, AVC), audio(0, 'af 00 1190'), audio(33, 'af 00 1210')];
  show.publisherStarted();
  for (const tag of [headers[0]!, headers[1]!, keyframe(0)]) show.tag(tag);
  for (const tag of [video(33, '17 00 000000 010203'), headers[2]!, keyframe(33)]) show.tag(tag);
  const [avc, first, second] = headers.map(({ payload }) => payload.toString('hex'));
  expect(told).toEqual([avc, first, avc, second]);
  expect(show.configs.audio?.sampleRate).toBe(44_100);
  await show.end();
});
