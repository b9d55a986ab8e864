import { z } from 'zod';
import { streamFactsSchema } from './stream-facts.ts';

/** Answer of an ingest pod to `GET /state/{namespace}/{name}` on its ops port; 404 for another stream than its own. */
export const ingestStateSchema = z.object({
  state: z
    .enum(['off', 'expected', 'live', 'reconnecting'])
    .describe(
      'expected: a publisher is let in and has sent no media yet. reconnecting: the show waits for its return.',
    ),
  onAirSince: z.iso.datetime().optional().describe('While a show runs, reconnects included.'),
  facts: streamFactsSchema.optional().describe('While media comes.'),
});
export type IngestState = Readonly<z.output<typeof ingestStateSchema>>;

/** Answer of a transcoder pod to `GET /state/{namespace}/{name}` on its ops port; 404 for another stream than its own. */
export const transcoderStateSchema = z.object({
  show: z.enum(['none', 'running', 'ended']),
  firstMediaSeconds: z.number().min(0).optional().describe('From the first media in to the first playable media out.'),
  encoderFailing: z
    .boolean()
    .optional()
    .describe(
      'Of a running show: the renditions beside the source are not there, because ffmpeg cannot be run or fails.',
    ),
});
export type TranscoderState = Readonly<z.output<typeof transcoderStateSchema>>;
