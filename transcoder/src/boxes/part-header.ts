import { AUDIO_TRACK_ID, VIDEO_TRACK_ID } from './init-segment.ts';

/** The video samples of one part, in decode order; times in ticks of 1/90000 s. */
export interface VideoRun {
  readonly baseDecodeTime: number;
  readonly samples: readonly VideoSampleEntry[];
}

export interface VideoSampleEntry {
  readonly duration: number;
  readonly size: number;
  readonly keyframe: boolean;
  /** Presentation time less decode time; may be negative. */
  readonly compositionOffset: number;
}

/** The audio frames of one part, each as long as the other; times in samples. */
export interface AudioRun {
  readonly baseDecodeTime: number;
  readonly frameDuration: number;
  readonly sizes: readonly number[];
}

const MFHD_BYTES = 16;
const BOX_BYTES = 8;
const TFDT_BYTES = 20;
const TRUN_BYTES = 20;

const VIDEO_TFHD_BYTES = 16;
const VIDEO_SAMPLE_BYTES = 16;
const AUDIO_TFHD_BYTES = 24;
const AUDIO_SAMPLE_BYTES = 4;

const DEFAULT_BASE_IS_MOOF = 0x020000;
const DEFAULT_SAMPLE_DURATION = 0x000008;
const DEFAULT_SAMPLE_FLAGS = 0x000020;
const TRUN_DATA_OFFSET = 0x000001;
const TRUN_DURATION = 0x000100;
const TRUN_SIZE = 0x000200;
const TRUN_FLAGS = 0x000400;
const TRUN_COMPOSITION_OFFSETS = 0x000800;

/** sample_depends_on: no other sample. */
const SYNC_SAMPLE = 0x02000000;
/** sample_depends_on: others; sample_is_non_sync_sample. */
const NON_SYNC_SAMPLE = 0x01010000;

/** Writes big-endian numbers one after the other. */
class Cursor {
  readonly buffer: Buffer;
  #at = 0;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  uint32(value: number): void {
    this.#at = this.buffer.writeUInt32BE(value, this.#at);
  }

  int32(value: number): void {
    this.#at = this.buffer.writeInt32BE(value, this.#at);
  }

  uint64(value: number): void {
    this.uint32(Math.floor(value / 0x1_0000_0000));
    this.uint32(value % 0x1_0000_0000);
  }

  box(type: string, size: number): void {
    this.uint32(size);
    this.#at += this.buffer.write(type, this.#at, 'latin1');
  }
}

function videoTrafBytes(run: VideoRun): number {
  return BOX_BYTES + VIDEO_TFHD_BYTES + TFDT_BYTES + TRUN_BYTES + run.samples.length * VIDEO_SAMPLE_BYTES;
}

function audioTrafBytes(run: AudioRun): number {
  return BOX_BYTES + AUDIO_TFHD_BYTES + TFDT_BYTES + TRUN_BYTES + run.sizes.length * AUDIO_SAMPLE_BYTES;
}

/**
 * Everything of a part but its sample data: `moof` with a `traf` per run, and the header of `mdat` (ISO/IEC 14496-12
 * section 8.8). The video data must follow first, then the audio data.
 */
export function partHeader(sequenceNumber: number, video: VideoRun | undefined, audio: AudioRun | undefined): Buffer {
  const moofBytes = BOX_BYTES + MFHD_BYTES + (video ? videoTrafBytes(video) : 0) + (audio ? audioTrafBytes(audio) : 0);
  const cursor = new Cursor(moofBytes + BOX_BYTES);
  let dataOffset = moofBytes + BOX_BYTES;

  cursor.box('moof', moofBytes);
  cursor.box('mfhd', MFHD_BYTES);
  cursor.uint32(0);
  cursor.uint32(sequenceNumber);

  if (video) {
    cursor.box('traf', videoTrafBytes(video));
    cursor.box('tfhd', VIDEO_TFHD_BYTES);
    cursor.uint32(DEFAULT_BASE_IS_MOOF);
    cursor.uint32(VIDEO_TRACK_ID);
    writeDecodeTime(cursor, video.baseDecodeTime);
    cursor.box('trun', TRUN_BYTES + video.samples.length * VIDEO_SAMPLE_BYTES);
    cursor.uint32(0x01000000 + (TRUN_DATA_OFFSET | TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS | TRUN_COMPOSITION_OFFSETS));
    cursor.uint32(video.samples.length);
    cursor.int32(dataOffset);
    for (const sample of video.samples) {
      cursor.uint32(sample.duration);
      cursor.uint32(sample.size);
      cursor.uint32(sample.keyframe ? SYNC_SAMPLE : NON_SYNC_SAMPLE);
      cursor.int32(sample.compositionOffset);
      dataOffset += sample.size;
    }
  }
  let audioBytes = 0;
  if (audio) {
    cursor.box('traf', audioTrafBytes(audio));
    cursor.box('tfhd', AUDIO_TFHD_BYTES);
    cursor.uint32(DEFAULT_BASE_IS_MOOF | DEFAULT_SAMPLE_DURATION | DEFAULT_SAMPLE_FLAGS);
    cursor.uint32(AUDIO_TRACK_ID);
    cursor.uint32(audio.frameDuration);
    cursor.uint32(SYNC_SAMPLE);
    writeDecodeTime(cursor, audio.baseDecodeTime);
    cursor.box('trun', TRUN_BYTES + audio.sizes.length * AUDIO_SAMPLE_BYTES);
    cursor.uint32(0x01000000 + (TRUN_DATA_OFFSET | TRUN_SIZE));
    cursor.uint32(audio.sizes.length);
    cursor.int32(dataOffset);
    for (const size of audio.sizes) {
      cursor.uint32(size);
      audioBytes += size;
    }
  }
  cursor.box('mdat', BOX_BYTES + (dataOffset - moofBytes - BOX_BYTES) + audioBytes);
  return cursor.buffer;
}

function writeDecodeTime(cursor: Cursor, ticks: number): void {
  cursor.box('tfdt', TFDT_BYTES);
  cursor.uint32(0x01000000);
  cursor.uint64(ticks);
}
