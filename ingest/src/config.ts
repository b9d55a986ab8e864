import { z } from 'zod';

const milliseconds = (least: number, most: number) => z.int().min(least).max(most);

/** Options of ingest. What belongs to one show stands in its LiveStream. */
export const ingestConfigSchema = z.object({
  host: z.string().min(1).default('0.0.0.0').describe('Address that RTMP listens on.'),
  port: z.int().min(0).max(65_535).default(1935).describe('Port that RTMP listens on; 0 takes a free one.'),
  handshakeTimeoutMs: milliseconds(100, 60_000)
    .default(5_000)
    .describe('A connection must publish within this time, or is closed.'),
  wrongKeyDelayMs: milliseconds(0, 10_000).default(250).describe('How long a wrong key waits for its refusal.'),
  unauthenticatedPerAddress: z
    .int()
    .min(1)
    .default(16)
    .describe(
      'Most connections of one address (IPv6: of one /64) that do not publish yet; for one more the oldest is closed.',
    ),
  unauthenticatedTotal: z
    .int()
    .min(1)
    .default(256)
    .describe('Most connections that do not publish yet; for one more the oldest is closed.'),
  maxPublishers: z.int().min(1).default(1_000).describe('Most publishers at the same time.'),
  maxMediaMessageBytes: z
    .int()
    .min(64 * 1024)
    .max(0xffffff)
    .default(8 * 1024 * 1024)
    .describe('Longest audio or video message; a frame of video is one message.'),
  flvQueueBytes: z
    .int()
    .min(64 * 1024)
    .default(4 * 1024 * 1024)
    .describe('A reader of HTTP-FLV for whom more than this waits is disconnected.'),
  flvReaders: z.int().min(1).default(100).describe('Most readers of HTTP-FLV at the same time.'),
});
export type IngestConfig = z.output<typeof ingestConfigSchema>;
export type IngestConfigInput = z.input<typeof ingestConfigSchema>;
