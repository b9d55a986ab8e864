import { customResourceDefinition } from './custom-resource-definition.ts';
import { GROUP, VERSION, liveStreamSchema } from './live-stream.ts';

/** What a cluster is told about LiveStreams: `crds/livestreams.showrunner.dev.yaml`. */
export const liveStreamCrd = customResourceDefinition({
  group: GROUP,
  version: VERSION,
  kind: 'LiveStream',
  plural: 'livestreams',
  shortNames: ['ls', 'live'],
  categories: ['showrunner'],
  description: 'One show: who may publish it, how it is encoded and delivered, and how it stands.',
  columns: [
    {
      name: 'Ready',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: 'Whether a publisher is welcome.',
    },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Where the show stands.' },
    { name: 'Source', type: 'string', jsonPath: '.status.source.resolution', description: 'Size of the picture.' },
    { name: 'Latency', type: 'string', jsonPath: '.spec.transcode.latency', description: 'low or standard.' },
    {
      name: 'Ladder',
      type: 'string',
      jsonPath: '.spec.transcode.ladder',
      description: 'Tallest rendition beside the source.',
      priority: 1,
    },
    {
      name: 'Playback',
      type: 'string',
      jsonPath: '.status.playback.hls',
      description: 'Where viewers watch.',
      priority: 1,
    },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since it was created.' },
  ],
  schema: liveStreamSchema,
});
