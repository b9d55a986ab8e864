import { z } from 'zod';
import { amfName, decodeAmfObject, encodeAmfObject } from './amf-object.ts';

const reasonSchema = z.enum([
  'closed',
  'dropped',
  'idle',
  'replaced',
  'disabled',
  'refused',
  'shutdown',
  'grace-over',
  'reader-failed',
]);

const linkMarkSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('alive'),
    state: z.enum(['off', 'expected', 'live', 'reconnecting']),
    /** Names the process that speaks: after another one's words, what it does not know of may still be true. */
    instance: z.string().min(1).max(64),
  }),
  z.object({
    event: z.literal('publisherStarted'),
    /** When the show went on air, reconnects included; milliseconds since the epoch. */
    onAirSince: z.number().min(0).optional(),
    /** How long ago the frames came that follow now, in milliseconds, where they are replayed. */
    behindMs: z.number().min(0).optional(),
  }),
  z.object({ event: z.literal('publisherStopped'), reason: reasonSchema }),
  z.object({ event: z.literal('showEnded'), reason: reasonSchema }),
]);

/**
 * What is said between the tags on a link that follows a stream: where the show stands (first of all, and whenever nothing
 * else was sent for a second), and what an FlvSink is told besides tags.
 */
export type LinkMark = Readonly<z.output<typeof linkMarkSchema>>;

const NAME = amfName('showrunner');

/** Whether the body of a script tag claims to be a mark. Those of publishers must not. */
export function isLinkMark(script: Buffer): boolean {
  return script.length >= NAME.length && NAME.compare(script, 0, NAME.length) === 0;
}

/** Body of a script tag. */
export function encodeLinkMark(mark: LinkMark): Buffer {
  return Buffer.concat([NAME, encodeAmfObject(mark)]);
}

/** `undefined` where it is none that is known. */
export function decodeLinkMark(script: Buffer): LinkMark | undefined {
  if (!isLinkMark(script)) return undefined;
  const parsed = linkMarkSchema.safeParse(decodeAmfObject(script, NAME.length));
  return parsed.success ? parsed.data : undefined;
}
