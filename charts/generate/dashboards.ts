import type { Dashboard } from './grafana.ts';

/** Labels by which the PodMonitor tells the pods of streams apart. */
const STREAM = 'showrunner_dev_live_stream';
const CHOSEN = `namespace=~"$namespace", ${STREAM}=~"$stream"`;
/** Labels that the ServiceMonitor gives to Showrunner's own pods. */
const HOME = `namespace=~"$namespace", app_kubernetes_io_component=~"operator|front-door|edge|web"`;
const COMPONENT = 'app_kubernetes_io_component';
const WHO = `{{namespace}}/{{${STREAM}}}`;

export const DASHBOARDS: readonly Dashboard[] = [
  {
    uid: 'showrunner-shows',
    title: 'Showrunner / Shows',
    variables: [
      { name: 'namespace', label: 'Namespace', query: 'label_values(showrunner_transcoder_shows, namespace)' },
      {
        name: 'stream',
        label: 'Live stream',
        query: `label_values(showrunner_transcoder_shows{namespace=~"$namespace"}, ${STREAM})`,
      },
    ],
    panels: [
      {
        title: 'On air',
        description: 'Publishers that send, and shows that run; a show outlives a publisher that drops.',
        unit: 'short',
        queries: {
          publishers: `sum(showrunner_ingest_publishers{${CHOSEN}})`,
          shows: `sum(showrunner_transcoder_shows{${CHOSEN}})`,
        },
      },
      {
        title: 'Received from publishers',
        description: 'What each publisher sends.',
        unit: 'bps',
        queries: {
          [WHO]: `sum by (namespace, ${STREAM}) (rate(showrunner_ingest_received_bytes_total{${CHOSEN}}[1m])) * 8`,
        },
      },
      {
        title: 'Start of the publisher to first media',
        description: 'How long viewers wait for the first part of a show.',
        unit: 's',
        queries: {
          median: `histogram_quantile(0.5, sum by (le) (rate(showrunner_transcoder_first_media_seconds_bucket{${CHOSEN}}[1h])))`,
          'slowest of 20': `histogram_quantile(0.95, sum by (le) (rate(showrunner_transcoder_first_media_seconds_bucket{${CHOSEN}}[1h])))`,
        },
      },
      {
        title: 'Made up for silent publishers',
        description: 'The share of time in which viewers saw the last picture, because nothing came.',
        unit: 'percentunit',
        queries: {
          [WHO]: `sum by (namespace, ${STREAM}) (rate(showrunner_transcoder_filled_seconds_total{${CHOSEN}}[1m]))`,
        },
      },
      {
        title: 'Encoders in trouble',
        description:
          'ffmpeg that was started anew, and groups of pictures that it was too slow for: more CPU is needed.',
        unit: 'short',
        queries: {
          [`started anew ${WHO}`]: `sum by (namespace, ${STREAM}) (increase(showrunner_encoder_failures_total{${CHOSEN}}[5m]))`,
          [`too slow ${WHO}`]: `sum by (namespace, ${STREAM}) (increase(showrunner_encoder_dropped_gops_total{${CHOSEN}}[5m]))`,
        },
      },
      {
        title: 'Turned away or ended',
        description: 'RTMP connections that ingest refused or ended, by reason.',
        unit: 'short',
        queries: { '{{reason}}': `sum by (reason) (increase(showrunner_ingest_refused_total{${CHOSEN}}[5m]))` },
      },
      {
        title: 'CPU of pods',
        description: 'Processor time of ingest and transcoder; ffmpeg is a process of its own and not in it.',
        unit: 'percentunit',
        queries: {
          [`{{${COMPONENT}}} ${WHO}`]: `sum by (namespace, ${STREAM}, ${COMPONENT}) (rate(process_cpu_seconds_total{${CHOSEN}}[1m]))`,
        },
      },
      {
        title: 'Memory of pods',
        description: 'Resident memory of ingest and transcoder.',
        unit: 'bytes',
        queries: {
          [`{{${COMPONENT}}} ${WHO}`]: `sum by (namespace, ${STREAM}, ${COMPONENT}) (process_resident_memory_bytes{${CHOSEN}})`,
        },
      },
    ],
  },
  {
    uid: 'showrunner-platform',
    title: 'Showrunner / Platform',
    variables: [
      { name: 'namespace', label: 'Namespace', query: 'label_values(showrunner_front_door_connections, namespace)' },
    ],
    panels: [
      {
        title: 'Front door: publishers',
        description: 'Connections, those that wait for their pods, and those whose bytes are passed on.',
        unit: 'short',
        queries: {
          connections: `sum(showrunner_front_door_connections{${HOME}})`,
          waiting: `sum(showrunner_front_door_held{${HOME}})`,
          'passed on': `sum(showrunner_front_door_spliced{${HOME}})`,
        },
      },
      {
        title: 'Front door: key to ingest',
        description: 'How long publishers wait until their stream is taken; long where cold streams start.',
        unit: 's',
        queries: {
          median: `histogram_quantile(0.5, sum by (le) (rate(showrunner_front_door_wait_seconds_bucket{${HOME}}[15m])))`,
          'slowest of 20': `histogram_quantile(0.95, sum by (le) (rate(showrunner_front_door_wait_seconds_bucket{${HOME}}[15m])))`,
        },
      },
      {
        title: 'Front door: passed on',
        description: 'Bits per second by direction.',
        unit: 'bps',
        queries: {
          '{{direction}}': `sum by (direction) (rate(showrunner_front_door_bytes_total{${HOME}}[1m])) * 8`,
        },
      },
      {
        title: 'Front door: turned away or ended',
        description: 'By reason. Wrong keys in number are somebody who guesses.',
        unit: 'short',
        queries: {
          '{{reason}}': `sum by (reason) (increase(showrunner_front_door_refused_total{${HOME}}[5m]))`,
          'knocks {{outcome}}': `sum by (outcome) (increase(showrunner_front_door_knocks_total{${HOME}}[5m]))`,
        },
      },
      {
        title: 'Edge: requests',
        description: 'How they were answered. What is not from memory or joined reaches a transcoder.',
        unit: 'reqps',
        queries: { '{{outcome}}': `sum by (outcome) (rate(showrunner_edge_requests_total{${HOME}}[1m]))` },
      },
      {
        title: 'Edge: questions to transcoders that were given up',
        description: 'By problem.',
        unit: 'short',
        queries: {
          '{{problem}}': `sum by (problem) (increase(showrunner_edge_upstream_failures_total{${HOME}}[5m]))`,
        },
      },
      {
        title: 'Operator: decisions carried out',
        description: 'Failed ones are tried again.',
        unit: 'reqps',
        queries: { '{{outcome}}': `sum by (outcome) (rate(showrunner_operator_reconciles_total{${HOME}}[5m]))` },
      },
      {
        title: 'Operator: writes',
        description: 'To the Kubernetes API. None where nothing changes.',
        unit: 'reqps',
        queries: {
          '{{verb}} {{kind}} {{code}}': `sum by (verb, kind, code) (rate(showrunner_operator_writes_total{${HOME}}[5m]))`,
        },
      },
      {
        title: 'Operator: waiting and working',
        description: 'The slowest of 20 resources: in the queue, and from observing to the last write.',
        unit: 's',
        queries: {
          waiting: `histogram_quantile(0.95, sum by (le) (rate(showrunner_operator_queue_wait_seconds_bucket{${HOME}}[5m])))`,
          working: `histogram_quantile(0.95, sum by (le) (rate(showrunner_operator_reconcile_seconds_bucket{${HOME}}[5m])))`,
        },
      },
      {
        title: 'Memory',
        description: 'Resident memory of each pod.',
        unit: 'bytes',
        queries: { [`{{${COMPONENT}}} {{pod}}`]: `process_resident_memory_bytes{${HOME}}` },
      },
      {
        title: 'CPU',
        description: 'Processor time of each pod.',
        unit: 'percentunit',
        queries: { [`{{${COMPONENT}}} {{pod}}`]: `rate(process_cpu_seconds_total{${HOME}}[1m])` },
      },
    ],
  },
];
