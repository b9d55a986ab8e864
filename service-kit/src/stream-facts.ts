import { z } from 'zod';

/** Frames, bits, bytes: none is negative. */
const amountSchema = z.number().min(0);
const countSchema = z.int().min(0);

const videoFactsSchema = z.object({
  codec: z.string().describe('RFC 6381'),
  profile: z.string(),
  level: z.number(),
  width: countSchema,
  height: countSchema,
  frameRate: amountSchema.optional().describe('Frames per second as they come; absent in the first second.'),
  nominalFrameRate: amountSchema.optional().describe('Frames per second as the sequence header promises.'),
  keyframeIntervalMs: amountSchema.optional().describe('Between the last two keyframes, milliseconds.'),
  bitrate: amountSchema.describe('Bits per second.'),
  bFrames: z.boolean(),
  missingFrames: countSchema.describe('Frames that are missing where timestamps leave a gap.'),
});

const audioFactsSchema = z.object({
  codec: z.string().describe('RFC 6381'),
  sampleRate: countSchema.describe('Hertz.'),
  channels: countSchema,
  bitrate: amountSchema.describe('Bits per second.'),
  missingFrames: countSchema,
});

/** What a running stream looks like, measured over its last whole second by ingest; also read over HTTP. */
export const streamFactsSchema = z.object({
  onAirSince: z.iso.datetime().describe('The show goes on through reconnects, the publisher does not.'),
  publisherSince: z.iso.datetime(),
  video: videoFactsSchema.optional(),
  audio: audioFactsSchema.optional(),
  bitrate: amountSchema.describe('Bits per second, audio and video together.'),
  bitrateJitter: amountSchema.describe('Mean deviation of the bitrate from its own mean, bits per second.'),
  audioVideoDriftMs: z
    .number()
    .optional()
    .describe('Newest audio minus newest video timestamp, smoothed. Where it grows, sound and picture part.'),
  arrivalDelayMs: amountSchema.describe('How much later than the best ones the newest media came: the queue.'),
  timestampJumps: countSchema.describe('How often a timestamp went back or jumped ahead by more than ten seconds.'),
});

export type StreamFacts = Readonly<z.output<typeof streamFactsSchema>>;
export type VideoFacts = Readonly<z.output<typeof videoFactsSchema>>;
export type AudioFacts = Readonly<z.output<typeof audioFactsSchema>>;
