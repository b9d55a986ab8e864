import { describe, expect, it } from 'vitest';
import type { Manifest } from '../decision.ts';
import { deploymentOf, disruptionBudgetOf, serviceOf } from './manifests.ts';
import { liveStream, SETTINGS } from './testing/world.ts';

const HASH = expect.stringMatching(/^[0-9a-f]{20}$/) as unknown;
const labels = (component: string) => ({
  'app.kubernetes.io/managed-by': 'showrunner',
  'app.kubernetes.io/component': component,
  'showrunner.dev/live-stream': 'live',
});
const metadata = (component: string) => ({
  namespace: 'team',
  name: `live-${component}`,
  labels: labels(component),
  annotations: { 'showrunner.dev/applied': HASH },
  ownerReferences: [
    { apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', name: 'live', uid: 'stream-uid', controller: true },
  ],
});
const lostNode = (name: string) => ({
  key: `node.kubernetes.io/${name}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 10,
});
const podSpec = ({ spec }: Manifest) => (spec as { template: { spec: Record<string, unknown> } }).template.spec;
const container = (manifest: Manifest) => (podSpec(manifest).containers as Record<string, unknown>[])[0]!;

describe('the Deployment', () => {
  it('of ingest', () => {
    expect(deploymentOf(liveStream(), 'ingest', SETTINGS)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        ...metadata('ingest'),
        annotations: { 'showrunner.dev/applied': HASH, 'showrunner.dev/template': HASH },
      },
      spec: {
        replicas: 1,
        revisionHistoryLimit: 0,
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels('ingest') },
        template: {
          metadata: {
            labels: labels('ingest'),
            annotations: { 'showrunner.dev/engine': 'node-media-server', 'showrunner.dev/template': HASH },
          },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65_532,
              runAsGroup: 65_532,
              fsGroup: 65_532,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            terminationGracePeriodSeconds: 40,
            tolerations: [lostNode('not-ready'), lostNode('unreachable')],
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: 'kubernetes.io/hostname',
                whenUnsatisfiable: 'ScheduleAnyway',
                labelSelector: {
                  matchLabels: {
                    'app.kubernetes.io/managed-by': 'showrunner',
                    'app.kubernetes.io/component': 'ingest',
                  },
                },
              },
            ],
            containers: [
              {
                name: 'ingest',
                image: 'example.com/ingest:1',
                imagePullPolicy: 'IfNotPresent',
                command: ['node', '/app/ingest.js'],
                env: [
                  { name: 'SHOWRUNNER_STREAM_FOLDER', value: '/etc/showrunner/stream' },
                  { name: 'SHOWRUNNER_RTMP_PORT', value: '1935' },
                  { name: 'SHOWRUNNER_HTTP_PORT', value: '8080' },
                  { name: 'SHOWRUNNER_OPS_PORT', value: '9090' },
                  { name: 'SHOWRUNNER_LOG_LEVEL', value: 'info' },
                  { name: 'SHOWRUNNER_DRAIN_MS', value: '30000' },
                ],
                ports: [
                  { name: 'rtmp', containerPort: 1935, protocol: 'TCP' },
                  { name: 'http', containerPort: 8080, protocol: 'TCP' },
                  { name: 'ops', containerPort: 9090, protocol: 'TCP' },
                ],
                resources: { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '384Mi' } },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
                readinessProbe: {
                  httpGet: { path: '/readyz?waitMs=2500', port: 'ops' },
                  periodSeconds: 1,
                  timeoutSeconds: 3,
                  failureThreshold: 3,
                },
                livenessProbe: {
                  httpGet: { path: '/healthz', port: 'ops' },
                  periodSeconds: 10,
                  timeoutSeconds: 5,
                  failureThreshold: 6,
                },
                volumeMounts: [
                  { name: 'stream', mountPath: '/etc/showrunner/stream', readOnly: true },
                  { name: 'tmp', mountPath: '/tmp' },
                ],
              },
            ],
            volumes: [
              { name: 'stream', secret: { secretName: 'live-live-stream', defaultMode: 0o440 } },
              { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
            ],
          },
        },
      },
    });
  });

  it('of a transcoder differs in what it listens on, is told and needs', () => {
    const manifest = deploymentOf(liveStream({ transcode: { ladder: '360p' } }), 'transcoder', SETTINGS);
    expect(container(manifest)).toMatchObject({
      name: 'transcoder',
      image: 'example.com/transcoder:1',
      command: ['node', '/app/transcoder.js'],
      env: [
        { name: 'SHOWRUNNER_STREAM_FOLDER', value: '/etc/showrunner/stream' },
        { name: 'SHOWRUNNER_INGEST_URL', value: 'http://live-ingest.team.svc.cluster.local.:8080' },
        { name: 'SHOWRUNNER_HTTP_PORT', value: '8080' },
        { name: 'SHOWRUNNER_OPS_PORT', value: '9090' },
        { name: 'SHOWRUNNER_LOG_LEVEL', value: 'info' },
        { name: 'SHOWRUNNER_DRAIN_MS', value: '30000' },
      ],
      ports: [
        { name: 'http', containerPort: 8080 },
        { name: 'ops', containerPort: 9090 },
      ],
      resources: { requests: { cpu: '240m', memory: '208Mi' } },
    });
  });

  it('has what the spec says of its pods, of that component alone', () => {
    const pod = {
      image: 'example.com/gpu:1',
      nodeSelector: { gpu: 'yes' },
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'shows',
      resources: { limits: { 'nvidia.com/gpu': '1' } },
    };
    const settings = { ...SETTINGS, imagePullSecrets: ['registry'] };
    const stream = liveStream({ transcode: { pod } });
    const transcoder = deploymentOf(stream, 'transcoder', settings);
    const { image, resources, ...placement } = pod;
    const tolerations = [...pod.tolerations, lostNode('not-ready'), lostNode('unreachable')];
    expect(podSpec(transcoder)).toMatchObject({ ...placement, tolerations, imagePullSecrets: [{ name: 'registry' }] });
    expect(container(transcoder)).toMatchObject({ image, resources });
    const [given, plain] = [deploymentOf(stream, 'ingest', settings), deploymentOf(liveStream(), 'ingest', settings)];
    expect(given).toEqual(plain);
  });

  it('leaves a lost node as soon as the spec says', () => {
    const patient = { ...lostNode('unreachable'), tolerationSeconds: 60 };
    const tolerationsWith = (...tolerations: object[]) =>
      podSpec(deploymentOf(liveStream({ ingest: { pod: { tolerations } } }), 'ingest', SETTINGS)).tolerations;
    expect(tolerationsWith(patient)).toEqual([patient, lostNode('not-ready')]);
    expect(tolerationsWith({ operator: 'Exists' })).toEqual([{ operator: 'Exists' }]);
  });

  it('is another one only where its pods are', () => {
    const hashes = (spec: object) => deploymentOf(liveStream(spec), 'ingest', SETTINGS).metadata.annotations;
    const plain = hashes({});
    expect(
      hashes({ title: 'A', ingest: { reconnectGrace: '1m', takeover: 'refuse' }, transcode: { ladder: '720p' } }),
    ).toEqual(plain);
    expect(hashes({ ingest: { engine: 'nginx-rtmp' } })).not.toEqual(plain);
    expect(hashes({ ingest: { pod: { nodeSelector: { a: 'b' } } } })).not.toEqual(plain);
  });

  it('has a name that a Service may have', () => {
    const name = `1${'x'.repeat(62)}`;
    const manifest = deploymentOf(liveStream({}, undefined, { name }), 'ingest', SETTINGS);
    expect(manifest.metadata.name).toMatch(/^s-1x+-[0-9a-f]{10}-ingest$/);
    expect(manifest.metadata.labels?.['showrunner.dev/live-stream']).toBe(name);
  });
});

it('the Service', () => {
  expect(serviceOf(liveStream(), 'transcoder')).toEqual({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata('transcoder'),
    spec: {
      selector: labels('transcoder'),
      ports: [
        { name: 'http', port: 8080, targetPort: 'http', protocol: 'TCP' },
        { name: 'ops', port: 9090, targetPort: 'ops', protocol: 'TCP' },
      ],
    },
  });
});

it('the PodDisruptionBudget', () => {
  expect(disruptionBudgetOf(liveStream(), 'ingest')).toEqual({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata('ingest'),
    spec: { minAvailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: labels('ingest') } },
  });
});
