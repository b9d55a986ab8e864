import { CLUSTER_PORTS, componentName, type LiveStream, type StreamComponent } from '@showrunner/crds';
import { hashOf } from '../objects/hash.ts';
import { TEMPLATE } from '../objects/labels.ts';
import { RESTRICTED_CONTAINER, RESTRICTED_POD, SECRET_MODE } from '../objects/restricted-pod.ts';
import type { OperatorSettings } from '../settings.ts';
import { resourcesOf } from './default-resources.ts';
import { componentLabels, configName, podLabels } from './object-names.ts';

const STREAM_FOLDER = '/etc/showrunner/stream';
/** For nginx and what libraries put there; media stay in memory. */
const TEMPORARY_SPACE = '64Mi';
/** A pod that has drained still says goodbye to who is connected. */
const FAREWELL_SECONDS = 10;

/** Kubernetes waits five minutes for a node that is lost, which is the end of a show (the plug-in DefaultTolerationSeconds). */
const NODE_LOST_SECONDS = 10;
const NODE_LOST_TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

const PORTS: Readonly<Record<StreamComponent, readonly (keyof typeof CLUSTER_PORTS)[]>> = {
  ingest: ['rtmp', 'http', 'ops'],
  transcoder: ['http', 'ops'],
};

/** Ports of a component as a container and a Service name them. */
export function portsOf(component: StreamComponent): { name: keyof typeof CLUSTER_PORTS; port: number }[] {
  return PORTS[component].map((name) => ({ name, port: CLUSTER_PORTS[name] }));
}

function environment(stream: LiveStream, component: StreamComponent, settings: OperatorSettings) {
  const { namespace, name } = stream.metadata;
  const host = `${componentName(name, 'ingest')}.${namespace}.svc.${settings.clusterDomain}.`;
  const values = {
    STREAM_FOLDER,
    ...(component === 'ingest'
      ? { RTMP_PORT: CLUSTER_PORTS.rtmp }
      : { INGEST_URL: `http://${host}:${CLUSTER_PORTS.http}` }),
    HTTP_PORT: CLUSTER_PORTS.http,
    OPS_PORT: CLUSTER_PORTS.ops,
    LOG_LEVEL: settings.logLevel,
    DRAIN_MS: settings.drainMs,
  };
  return Object.entries(values).map(([key, value]) => ({ name: `SHOWRUNNER_${key}`, value: `${value}` }));
}

/** Those of the spec, which may say otherwise of a lost node; one without a key tolerates every taint. */
function tolerationsOf(given: readonly Readonly<Record<string, unknown>>[] = []) {
  const isNamed = (taint: string) => given.some(({ key }) => !key || key === taint);
  const lost = NODE_LOST_TAINTS.filter((taint) => !isNamed(taint)).map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: NODE_LOST_SECONDS,
  }));
  return [...given, ...lost];
}

/** The pods of a component. What only the mounted configuration says is not in here, so that its changes restart nothing. */
function podOf(stream: LiveStream, component: StreamComponent, settings: OperatorSettings) {
  const { ingest, transcode } = stream.spec;
  const given = component === 'ingest' ? ingest.pod : transcode.pod;
  const probe = (path: string) => ({ httpGet: { path, port: 'ops' } });
  return {
    ...RESTRICTED_POD,
    terminationGracePeriodSeconds: Math.ceil(settings.drainMs / 1000) + FAREWELL_SECONDS,
    ...(settings.imagePullSecrets.length > 0
      ? { imagePullSecrets: settings.imagePullSecrets.map((name) => ({ name })) }
      : {}),
    ...(given?.nodeSelector ? { nodeSelector: given.nodeSelector } : {}),
    tolerations: tolerationsOf(given?.tolerations),
    ...(given?.affinity ? { affinity: given.affinity } : {}),
    ...(given?.priorityClassName ? { priorityClassName: given.priorityClassName } : {}),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        // All streams of the namespace together.
        labelSelector: { matchLabels: componentLabels(component) },
      },
    ],
    containers: [
      {
        name: component,
        image: given?.image ?? settings.images[component],
        imagePullPolicy: settings.imagePullPolicy,
        command: ['node', `/app/${component}.js`],
        env: environment(stream, component, settings),
        ports: portsOf(component).map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' })),
        resources: resourcesOf(component, { engine: ingest.engine, ladder: transcode.ladder }, given?.resources),
        securityContext: RESTRICTED_CONTAINER,
        // A publisher waits for it.
        readinessProbe: { ...probe('/readyz?waitMs=2500'), periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 3 },
        // A busy pod is better than one that is started anew.
        livenessProbe: { ...probe('/healthz'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
        volumeMounts: [
          { name: 'stream', mountPath: STREAM_FOLDER, readOnly: true },
          { name: 'tmp', mountPath: '/tmp' },
        ],
      },
    ],
    volumes: [
      { name: 'stream', secret: { secretName: configName(stream.metadata.name), defaultMode: SECRET_MODE } },
      { name: 'tmp', emptyDir: { sizeLimit: TEMPORARY_SPACE } },
    ],
  };
}

/** `spec.template` of a component's Deployment, with its hash. */
export function podTemplate(stream: LiveStream, component: StreamComponent, settings: OperatorSettings) {
  const labels = podLabels(stream, component);
  // An engine is another program; it is chosen when the pod starts.
  const annotations = component === 'ingest' ? { 'showrunner.dev/engine': stream.spec.ingest.engine } : {};
  const spec = podOf(stream, component, settings);
  const hash = hashOf({ labels, annotations, spec });
  return { hash, template: { metadata: { labels, annotations: { ...annotations, [TEMPLATE]: hash } }, spec } };
}
