import type { FlvTag } from '@showrunner/service-kit';
import { BitWriter, escapeNal } from '../src/timeline/h264/bit-writer.ts';

/** Values of a stream's parameter sets; whatever is not given is what a usual encoder writes. */
export interface HandMadeStream {
  readonly widthInMbs?: number;
  readonly heightInMbs?: number;
  /** Ticks per second of the VUI's clock; two of them are a frame. */
  readonly timeScale?: number;
  readonly log2MaxFrameNum?: number;
  readonly maxNumRefFrames?: number;
  readonly initialQp?: number;
  readonly nalLengthBytes?: 1 | 2 | 4;
}

const MAIN_PROFILE = 77;
const LEVEL_4 = 40;
const IDR = 0x65;
const REFERENCE = 0x41;

function unit(write: (writer: BitWriter) => void): Buffer {
  const writer = new BitWriter();
  write(writer);
  writer.bit(1);
  writer.align(0);
  return escapeNal(writer.bytes());
}

function sequenceParameterSet(stream: HandMadeStream): Buffer {
  const { widthInMbs = 20, heightInMbs = 12, timeScale, log2MaxFrameNum = 4, maxNumRefFrames = 1 } = stream;
  return unit((writer) => {
    for (const byte of [0x67, MAIN_PROFILE, 0, LEVEL_4]) writer.bits(byte, 8);
    for (const value of [0, log2MaxFrameNum - 4, 2, maxNumRefFrames]) writer.unsignedExpGolomb(value);
    writer.bit(0); // gaps in frame_num
    writer.unsignedExpGolomb(widthInMbs - 1);
    writer.unsignedExpGolomb(heightInMbs - 1);
    for (const flag of [1, 1, 0] as const) writer.bit(flag); // frames only, direct_8x8_inference, no cropping
    writer.bit(timeScale === undefined ? 0 : 1);
    if (timeScale === undefined) return;
    writer.bits(0, 4);
    writer.bit(1); // timing info
    writer.bits(1, 32);
    writer.bits(timeScale, 32);
    writer.bits(0b10000, 5);
  });
}

function pictureParameterSet({ initialQp = 26 }: HandMadeStream): Buffer {
  return unit((writer) => {
    writer.bits(0x68, 8);
    for (const id of [0, 0]) writer.unsignedExpGolomb(id);
    writer.bits(0b10, 2); // CABAC
    for (const value of [0, 0, 0]) writer.unsignedExpGolomb(value);
    writer.bits(0, 3);
    const step = initialQp - 26;
    for (const code of [step > 0 ? 2 * step - 1 : -2 * step, 0, 0]) writer.unsignedExpGolomb(code);
    writer.bits(0, 3);
  });
}

/** Its AVCDecoderConfigurationRecord. */
export function avcRecord(stream: HandMadeStream = {}): Buffer {
  const sps = sequenceParameterSet(stream);
  const pps = pictureParameterSet(stream);
  const head = [1, MAIN_PROFILE, 0, LEVEL_4, 0xfc | ((stream.nalLengthBytes ?? 4) - 1), 0xe1, 0, sps.length];
  return Buffer.concat([Buffer.from(head), sps, Buffer.from([1, 0, pps.length]), pps]);
}

/** An AVCC payload of one slice that ends after its header, and of filler data. */
export function picture(
  { log2MaxFrameNum = 4, nalLengthBytes = 4 }: HandMadeStream,
  { idr = false, frameNum = 0, fillerBytes = 0 } = {},
): Buffer {
  const slice = unit((writer) => {
    writer.bits(idr ? IDR : REFERENCE, 8);
    for (const value of [0, idr ? 7 : 5, 0]) writer.unsignedExpGolomb(value);
    writer.bits(frameNum % 2 ** log2MaxFrameNum, log2MaxFrameNum);
    if (idr) writer.unsignedExpGolomb(0);
    writer.bits(0xabcdef, 24);
  });
  const length = Buffer.alloc(nalLengthBytes);
  length.writeUIntBE(slice.length + fillerBytes, 0, nalLengthBytes);
  return Buffer.concat([length, slice, Buffer.alloc(fillerBytes, 0xff)]);
}

export function videoHeaderTag(stream: HandMadeStream = {}, timestamp = 0): FlvTag {
  return { type: 9, timestamp, payload: Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), avcRecord(stream)]) };
}

/** @param units An AVCC payload. */
export function pictureTag(timestamp: number, keyframe: boolean, units: Buffer, ctsMs = 0): FlvTag {
  const head = Buffer.from([keyframe ? 0x17 : 0x27, 1, 0, 0, 0]);
  head.writeIntBE(ctsMs, 2, 3);
  return { type: 9, timestamp, payload: Buffer.concat([head, units]) };
}

/** AAC-LC, 48 kHz, two channels. */
export function soundHeaderTag(): FlvTag {
  return { type: 8, timestamp: 0, payload: Buffer.from([0xaf, 0, 0x11, 0x90]) };
}

export function soundTag(timestamp: number, bytes = 100): FlvTag {
  return { type: 8, timestamp, payload: Buffer.concat([Buffer.from([0xaf, 1]), Buffer.alloc(bytes, 1)]) };
}
