import { liveStreamStatusSchema, PHASES, type LiveStream } from '@showrunner/crds';
import { type StreamFacts, streamFactsSchema } from '@showrunner/service-kit';
import { z } from 'zod';

/** What anyone may know of a live stream. Never holds a stream key or its hash. */
export const liveStreamViewSchema = z
  .object({
    namespace: z.string(),
    name: z.string(),
    title: z.string().describe('For people; the name where no title is set.'),
    visibility: z.enum(['public', 'unlisted']),
    phase: z.enum(PHASES).describe('Live and Reconnecting are playable.'),
    startAt: z.string().optional().describe('Planned start, RFC 3339.'),
    startedAt: z.string().optional().describe('Start of the current or the last show, RFC 3339.'),
    endedAt: z.string().optional().describe('End of the last show, RFC 3339.'),
    playback: z.object({ hls: z.string().describe('Address of the multivariant playlist.') }),
    ingest: z.object({ server: z.string().describe('Where a publisher pushes to, as OBS calls it.') }).optional(),
    source: liveStreamStatusSchema.shape.source,
  })
  .meta({ id: 'LiveStream' });
export type LiveStreamView = z.output<typeof liveStreamViewSchema>;

export const liveStreamStateSchema = z
  .object({
    namespace: z.string(),
    name: z.string(),
    phase: z.enum(PHASES),
    since: z.string().optional().describe('When this phase began, RFC 3339.'),
    facts: streamFactsSchema
      .optional()
      .describe('What is measured of the publisher right now; absent when none is on air.'),
  })
  .meta({ id: 'LiveStreamState' });
export type LiveStreamState = z.output<typeof liveStreamStateSchema>;

export function liveStreamView(stream: LiveStream): LiveStreamView {
  const { namespace, name } = stream.metadata;
  const { spec, status } = stream;
  return {
    namespace,
    name,
    title: spec.title ?? name,
    visibility: spec.visibility,
    phase: phaseOf(stream),
    ...(spec.startAt === undefined ? {} : { startAt: spec.startAt }),
    ...(status.startedAt === undefined ? {} : { startedAt: status.startedAt }),
    ...(status.endedAt === undefined ? {} : { endedAt: status.endedAt }),
    playback: {
      hls: status.playback?.hls ?? `/hls/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/master.m3u8`,
    },
    ...(status.ingest?.server === undefined ? {} : { ingest: { server: status.ingest.server } }),
    ...(status.source === undefined ? {} : { source: status.source }),
  };
}

export function liveStreamState(stream: LiveStream, facts: StreamFacts | undefined): LiveStreamState {
  const since = phaseSince(stream);
  return {
    namespace: stream.metadata.namespace,
    name: stream.metadata.name,
    phase: phaseOf(stream),
    ...(since === undefined ? {} : { since }),
    ...(facts === undefined ? {} : { facts }),
  };
}

/** Whether a stream is on the lists that anyone may read. */
export function isListed(stream: LiveStream): boolean {
  return stream.spec.visibility === 'public' && stream.spec.enabled;
}

/** Whether there is something to play. */
export function isOnAir(stream: LiveStream | undefined): boolean {
  return stream?.status.phase === 'Live' || stream?.status.phase === 'Reconnecting';
}

function phaseOf(stream: LiveStream): LiveStreamView['phase'] {
  return stream.status.phase ?? 'Pending';
}

function phaseSince(stream: LiveStream): string | undefined {
  const { status, metadata } = stream;
  if (status.phase === 'Live') return status.startedAt;
  if (status.phase === 'Ended') return status.endedAt;
  const settled = status.conditions?.find(({ type }) => type === 'Ready' || type === 'Disabled');
  return settled?.lastTransitionTime ?? metadata.creationTimestamp;
}
