import type { AacConfig, AvcConfig } from '@showrunner/service-kit/flv';
import type { TrackConfigs } from '../packager/media-sample.ts';
import { box, fullBox, uint16, uint32, uint8 } from './box.ts';

export const VIDEO_TRACK_ID = 1;
export const AUDIO_TRACK_ID = 2;
/** Ticks per second of the video track; the audio track counts in its sample rate. */
export const VIDEO_TIMESCALE = 90_000;

const MATRIX = uint32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
const UNDETERMINED_LANGUAGE = 0x55c4;
const SEVENTY_TWO_DPI = 0x480000;

function zeros(count: number): Buffer {
  return Buffer.alloc(count);
}

function avcSampleEntry(config: AvcConfig): Buffer {
  return box(
    'avc1',
    zeros(6),
    uint16(1), // data reference
    zeros(16),
    uint16(config.width, config.height),
    uint32(SEVENTY_TWO_DPI, SEVENTY_TWO_DPI, 0),
    uint16(1), // frames per sample
    zeros(32), // compressor name
    uint16(0x18, 0xffff), // depth, no colour table
    box('avcC', config.record),
  );
}

/** A descriptor of ISO/IEC 14496-1 section 8.3.3 with its size as one to four groups of seven bits. */
function descriptor(tag: number, ...body: readonly Buffer[]): Buffer {
  const content = Buffer.concat(body);
  const size = [content.length & 0x7f];
  for (let rest = content.length >> 7; rest > 0; rest >>= 7) size.unshift((rest & 0x7f) | 0x80);
  return Buffer.concat([uint8(tag, ...size), content]);
}

function aacSampleEntry(config: AacConfig): Buffer {
  const audioObject = 0x40;
  const audioStream = (5 << 2) | 1;
  const decoderConfig = descriptor(
    4,
    uint8(audioObject, audioStream, 0, 0, 0),
    uint32(0, 0), // peak and average rate are not known in advance
    descriptor(5, config.record),
  );
  return box(
    'mp4a',
    zeros(6),
    uint16(1), // data reference
    zeros(8),
    uint16(config.channels, 16, 0, 0),
    uint32(config.sampleRate < 0x10000 ? config.sampleRate * 0x10000 : 0),
    fullBox('esds', 0, 0, descriptor(3, uint16(0), uint8(0), decoderConfig, descriptor(6, uint8(2)))),
  );
}

function track(options: {
  id: number;
  timescale: number;
  handler: 'vide' | 'soun';
  size: readonly [width: number, height: number];
  mediaHeader: Buffer;
  sampleEntry: Buffer;
}): Buffer {
  const enabledInMovie = 3;
  const isAudio = options.handler === 'soun';
  return box(
    'trak',
    fullBox(
      'tkhd',
      0,
      enabledInMovie,
      uint32(0, 0, options.id, 0, 0, 0, 0),
      uint16(0, isAudio ? 1 : 0, isAudio ? 0x100 : 0, 0),
      MATRIX,
      uint32(options.size[0] * 0x10000, options.size[1] * 0x10000),
    ),
    box(
      'mdia',
      fullBox('mdhd', 0, 0, uint32(0, 0, options.timescale, 0), uint16(UNDETERMINED_LANGUAGE, 0)),
      fullBox('hdlr', 0, 0, uint32(0), Buffer.from(options.handler, 'latin1'), zeros(13)),
      box(
        'minf',
        options.mediaHeader,
        box('dinf', fullBox('dref', 0, 0, uint32(1), fullBox('url ', 0, 1))),
        box(
          'stbl',
          fullBox('stsd', 0, 0, uint32(1), options.sampleEntry),
          fullBox('stts', 0, 0, uint32(0)),
          fullBox('stsc', 0, 0, uint32(0)),
          fullBox('stsz', 0, 0, uint32(0, 0)),
          fullBox('stco', 0, 0, uint32(0)),
        ),
      ),
    ),
  );
}

/** The initialization segment of a rendition (ISO/IEC 14496-12): `ftyp`, and `moov` with one `trak` per track. */
export function initSegment({ video, audio }: TrackConfigs): Buffer {
  const tracks: Buffer[] = [];
  const extensions: Buffer[] = [];
  if (video) {
    tracks.push(
      track({
        id: VIDEO_TRACK_ID,
        timescale: VIDEO_TIMESCALE,
        handler: 'vide',
        size: [video.width, video.height],
        mediaHeader: fullBox('vmhd', 0, 1, zeros(8)),
        sampleEntry: avcSampleEntry(video),
      }),
    );
    extensions.push(fullBox('trex', 0, 0, uint32(VIDEO_TRACK_ID, 1, 0, 0, 0)));
  }
  if (audio) {
    tracks.push(
      track({
        id: AUDIO_TRACK_ID,
        timescale: audio.sampleRate,
        handler: 'soun',
        size: [0, 0],
        mediaHeader: fullBox('smhd', 0, 0, zeros(4)),
        sampleEntry: aacSampleEntry(audio),
      }),
    );
    extensions.push(fullBox('trex', 0, 0, uint32(AUDIO_TRACK_ID, 1, 0, 0, 0)));
  }
  const movieHeader = fullBox(
    'mvhd',
    0,
    0,
    uint32(0, 0, 1000, 0, 0x10000),
    uint16(0x100, 0),
    zeros(8),
    MATRIX,
    zeros(24),
    uint32(AUDIO_TRACK_ID + 1),
  );
  return Buffer.concat([
    box('ftyp', Buffer.from('iso6', 'latin1'), uint32(0), Buffer.from('iso6cmfcmp41', 'latin1')),
    box('moov', movieHeader, ...tracks, box('mvex', ...extensions)),
  ]);
}
