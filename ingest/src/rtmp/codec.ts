import { FLV_AUDIO, type FlvTag } from '@showrunner/service-kit';
import { audioKind, videoKind } from '@showrunner/service-kit/flv';

const AVC = 7;
const AAC = 10;
const ENHANCED = 0x80;
const COMMAND_FRAME = 5;

/**
 * Why a tag is not H.264 or AAC in the classic form: its codec, or `ignored` for what may stand between frames of the
 * right codec without being one (seek commands, a tag that is cut short). Enhanced RTMP marks its tags with the
 * first bit of a video tag and with sound format 9 (Enhanced RTMP v2, sections ExVideoTagHeader, ExAudioTagHeader).
 */
export function codecProblem(
  type: FlvTag['type'],
  payload: Buffer,
): 'unsupported-video' | 'unsupported-audio' | 'ignored' | undefined {
  const first = payload[0]!;
  if (type === FLV_AUDIO) {
    if (first >> 4 !== AAC) return 'unsupported-audio';
    return audioKind(payload) === 'unsupported' ? 'ignored' : undefined;
  }
  if (first & ENHANCED || (first & 0x0f) !== AVC) return 'unsupported-video';
  return first >> 4 === COMMAND_FRAME || videoKind(payload) === 'unsupported' ? 'ignored' : undefined;
}
