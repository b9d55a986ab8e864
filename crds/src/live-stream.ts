import { z } from 'zod';
import { type CelRule, withRules } from './cel-rule.ts';
import {
  NAME_VALIDATION,
  conditionSchema,
  dateTimeSchema,
  objectMetaSchema,
  secretKeyRefSchema,
  textSchema,
} from './common.ts';
import { durationMs, durationSchema } from './duration.ts';
import { podSchema } from './pods.ts';

export const GROUP = 'showrunner.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}` as const;

/** Heights of the ladder presets, tallest first. `none` is the source alone, without ffmpeg. */
export const LADDER_PRESETS = ['1080p', '720p', '480p', '360p', 'none'] as const;

export const ENGINES = ['node-media-server', 'nginx-rtmp'] as const;

const ingestSchema = z
  .object({
    engine: z
      .enum(ENGINES)
      .default('node-media-server')
      .describe(
        'What speaks RTMP with the publisher. nginx-rtmp hangs up without saying why; docs/guides/nginx-rtmp.md has the rest.',
      ),
    keySecretRef: secretKeyRefSchema
      .optional()
      .describe('The Secret that holds the stream key. One is made, named NAME-stream-key, where none is named.'),
    takeover: z
      .enum(['newest', 'refuse'])
      .default('newest')
      .describe('What happens when a second publisher comes with the same key: the newest wins, or it is refused.'),
    reconnectGrace: durationSchema({ min: '0s', max: '10m' })
      .default('20s')
      .describe('How long the show stays open for a publisher that dropped.'),
    idleTimeout: durationSchema({ min: '1s', max: '10m' })
      .default('10s')
      .describe('A publisher that sends no media for this long is disconnected.'),
    keyRotationGrace: durationSchema({ min: '0s', max: '168h' })
      .default('1h')
      .describe(
        'How long the previous stream key is still accepted after the key was changed; 0s revokes all former keys at once.',
      ),
    pod: podSchema.optional().describe('On a cluster: the pod that takes the publisher.'),
  })
  .prefault({})
  .describe('How the publisher is let in.');

const PART_FITS_SEGMENT: CelRule<{ partDuration: string; segmentDuration: string }> = {
  // CEL adds durations but does not multiply them.
  cel: `${Array(4).fill('duration(self.partDuration)').join(' + ')} <= duration(self.segmentDuration)`,
  message: 'must be at most a quarter of segmentDuration',
  field: 'partDuration',
  holds: ({ partDuration, segmentDuration }) => 4 * durationMs(partDuration) <= durationMs(segmentDuration),
};

const transcodeSchema = withRules(
  z.object({
    ladder: z
      .enum(LADDER_PRESETS)
      .default('none')
      .describe(
        'The tallest rendition that is encoded beside the source; the presets below it follow. Never upscales.',
      ),
    latency: z
      .enum(['low', 'standard'])
      .default('low')
      .describe('low: LL-HLS with parts. standard: plain HLS, kinder to old players and caches.'),
    partDuration: durationSchema({ min: '100ms', max: '1s' })
      .default('200ms')
      .describe('Length of a part, at most a quarter of segmentDuration. Viewers are about four parts behind.'),
    segmentDuration: durationSchema({ min: '1s', max: '10s' })
      .default('2s')
      .describe('Length of a segment where the source has keyframes in time.'),
    pod: podSchema.optional().describe('On a cluster: the pod that encodes and packages.'),
  }),
  [PART_FITS_SEGMENT],
)
  .prefault({})
  .describe('What is made for viewers of what the publisher sends.');

export const liveStreamSpecSchema = z.object({
  title: textSchema(140).min(1).optional().describe('Shown to viewers; the name of the resource where there is none.'),
  visibility: z
    .enum(['public', 'unlisted'])
    .default('public')
    .describe('unlisted: playable by who has the link, but on no list.'),
  enabled: z.boolean().default(true).describe('false: publishers are refused and a running show ends.'),
  startAt: dateTimeSchema
    .optional()
    .describe('When the show is planned to start; the page counts down to it. It may lie in the past.'),
  standby: z
    .enum(['warm', 'cold'])
    .default('warm')
    .describe(
      'On a cluster. warm: pods wait for the first show. cold: pods start when a publisher comes, or a minute before startAt.',
    ),
  idleAfter: durationSchema({ min: '10s', max: '24h' })
    .default('5m')
    .describe(
      'On a cluster: how long pods stay after a show, or for a publisher that knocked; then they start when one comes.',
    ),
  updatePolicy: z
    .enum(['after-show', 'immediately'])
    .default('after-show')
    .describe(
      'On a cluster: when pods of a running show are replaced. immediately interrupts the show for a few seconds, for newer pods and where its node is drained.',
    ),
  ingest: ingestSchema,
  transcode: transcodeSchema,
});

export const PHASES = ['Pending', 'Ready', 'Live', 'Reconnecting', 'Ended', 'Failed'] as const;

export const liveStreamStatusSchema = z.object({
  observedGeneration: z
    .int()
    .optional()
    .describe('The generation of the spec that the status speaks about; -1 before there is anything to say.'),
  phase: z.enum(PHASES).optional().describe('Where the show stands, in one word.'),
  conditions: z
    .array(conditionSchema)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .optional()
    .describe('Ready first, then what a streamer should know about the source.'),
  ingest: z
    .object({
      server: z.string().optional().describe('What goes into the Server field of OBS.'),
      keyHashes: z
        .array(
          z.object({
            sha256: z.string().describe('Hex SHA-256 of a stream key that is accepted.'),
            expiresAt: z.iso.datetime().optional().describe('A former key is accepted until then.'),
          }),
        )
        .optional()
        .describe('The stream keys that are accepted.'),
      podIP: z
        .string()
        .regex(/^[0-9a-fA-F.:]+$/)
        .max(45)
        .optional()
        .describe('On a cluster: address of the ingest pod while it starts; publishers who wait are let in there.'),
    })
    .optional()
    .describe('Where to publish, and with which keys.'),
  playback: z
    .object({ hls: z.string().optional().describe('Path or URL of the master playlist.') })
    .optional()
    .describe('Where to watch.'),
  source: z
    .object({
      video: z.string().optional().describe('RFC 6381 codec, e.g. avc1.64001f'),
      audio: z.string().optional().describe('RFC 6381 codec, e.g. mp4a.40.2'),
      width: z.int().optional().describe('Pixels.'),
      height: z.int().optional().describe('Pixels.'),
      resolution: z.string().optional().describe('Width and height as tables show them, e.g. 1920x1080.'),
      frameRate: z.number().optional().describe('Frames per second.'),
    })
    .optional()
    .describe('What the publisher sends, or sent last.'),
  startedAt: z.iso.datetime().optional().describe('Start of the current show, or of the last one.'),
  endedAt: z.iso.datetime().optional().describe('End of the last show; absent while one runs.'),
});

/**
 * The status of a LiveStream that nobody has looked at yet. Without one, kstatus (Helm's --wait, Argo CD, Flux) takes it for
 * done; a generation that is not its own says that its controller is still to come.
 */
export const UNOBSERVED_STATUS = { observedGeneration: -1 } satisfies z.output<typeof liveStreamStatusSchema>;

export const liveStreamSchema = z
  .object({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('LiveStream'),
    metadata: objectMetaSchema,
    spec: liveStreamSpecSchema.prefault({}).describe('What is asked for.'),
    status: liveStreamStatusSchema
      .default(UNOBSERVED_STATUS)
      .describe('What the operator found; nobody else writes it.'),
  })
  .meta({ 'x-kubernetes-validations': [NAME_VALIDATION] });

/** A LiveStream with its defaults filled in. */
export type LiveStream = z.output<typeof liveStreamSchema>;
export type LiveStreamSpec = LiveStream['spec'];
export type LiveStreamStatus = z.output<typeof liveStreamStatusSchema>;
export type Phase = (typeof PHASES)[number];
/** What speaks RTMP with publishers. */
export type Engine = (typeof ENGINES)[number];
