import { FLV_AUDIO, type FlvTag } from '@showrunner/service-kit';
import { AUDIO_HEADER_BYTES, audioKind, readAacConfig, videoKind, type AacProblem } from '@showrunner/service-kit/flv';
import type { RefusalCode } from '../errors.ts';

const AVC = 7;
const AAC = 10;
const ENHANCED = 0x80;
const COMMAND_FRAME = 5;

const AAC_REFUSALS = {
  malformed: 'unsupported-audio',
  'object-type': 'unsupported-audio',
  'sample-rate': 'unsupported-sample-rate',
  channels: 'unsupported-channels',
} as const satisfies Record<AacProblem, RefusalCode>;

type CodecProblem = 'unsupported-video' | (typeof AAC_REFUSALS)[AacProblem] | 'ignored';

/**
 * Why a tag is not H.264 or AAC in the classic form, or is AAC of a kind that cannot be played: as a refusal, or `ignored`
 * for what may stand between frames of the right codec without being one (seek commands, a tag that is cut short).
 * Enhanced RTMP marks its tags with the first bit of a video tag and with sound format 9 (Enhanced RTMP v2, sections
 * ExVideoTagHeader, ExAudioTagHeader).
 */
export function codecProblem(type: FlvTag['type'], payload: Buffer): CodecProblem | undefined {
  const first = payload[0]!;
  if (type === FLV_AUDIO) {
    if (first >> 4 !== AAC) return 'unsupported-audio';
    const kind = audioKind(payload);
    return kind === 'sequence-header' ? aacProblem(payload) : kind === 'unsupported' ? 'ignored' : undefined;
  }
  if (first & ENHANCED || (first & 0x0f) !== AVC) return 'unsupported-video';
  return first >> 4 === COMMAND_FRAME || videoKind(payload) === 'unsupported' ? 'ignored' : undefined;
}

function aacProblem(payload: Buffer): CodecProblem | undefined {
  // ffmpeg announces sound that it copies with an empty record; the true one follows.
  if (payload.length === AUDIO_HEADER_BYTES) return 'ignored';
  const config = readAacConfig(payload.subarray(AUDIO_HEADER_BYTES));
  return typeof config === 'string' ? AAC_REFUSALS[config] : undefined;
}
