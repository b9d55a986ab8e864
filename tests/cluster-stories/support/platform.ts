import { eventually } from '../../support/eventually.ts';
import { CHART, imageValues } from './chart.ts';
import { clusterProgram, type ClusterProgram } from './cluster-program.ts';
import type { Cluster } from './cluster.ts';
import { storyNamespace, type StoryNamespace } from './story-namespace.ts';
import { untilCondition } from './until-condition.ts';

/** Name of the release. */
export const RELEASE = 'live';
const INSTALL_TIMEOUT = { timeoutMs: 180_000 };
/** Requests that leave room on a small node for both generations of pods of an upgrade. */
const SMALL = { resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '512Mi' } } };

/** Showrunner as the chart installs it, for one story. */
export interface Platform {
  /** Where Showrunner itself runs. */
  readonly home: StoryNamespace;
  /** Where the story's LiveStreams are. */
  readonly tenant: StoryNamespace;
  readonly rtmpUrl: string;
  /** Pages and API. */
  readonly webUrl: string;
  /** Of `/hls`. */
  readonly mediaUrl: string;
  /** Creates or changes a LiveStream of the tenant. */
  apply(name: string, spec?: object): Promise<void>;
  /** Resolves once the LiveStream is Ready. */
  untilReady(name: string, timeoutMs?: number): Promise<void>;
  status(name: string): Promise<StreamStatus>;
  /** The condition's reason and message where it is True. */
  condition(name: string, type: string): Promise<{ reason: string; message: string } | undefined>;
  untilPhase(name: string, phase: string, timeoutMs?: number): Promise<StreamStatus>;
  /** Where a publisher of the LiveStream pushes to, with its key. */
  publishUrl(name: string): Promise<string>;
  watchUrl(name: string): string;
  playlistUrl(name: string): string;
  /** Names of the pods of a component of a LiveStream that are not ending. */
  pods(name: string, component: 'ingest' | 'transcoder'): Promise<string[]>;
  /** `helm upgrade` with further values beside those of the story. */
  upgrade(values: object): Promise<void>;
  uninstall(): Promise<void>;
}

export interface StreamStatus {
  readonly phase?: string;
  readonly observedGeneration?: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly ingest?: { readonly server?: string; readonly keyHashes?: readonly { readonly sha256: string }[] };
  readonly conditions?: readonly Condition[];
}
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}
interface ServiceObject {
  readonly spec: { readonly ports: readonly { readonly name: string; readonly nodePort?: number }[] };
}
interface PodList {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly deletionTimestamp?: string } }[];
}

/** Installs the chart into a namespace of its own, for one tenant, reachable through ports of the node. */
export async function installPlatform(cluster: Cluster, story: string, values: object = {}): Promise<Platform> {
  const kubectl = clusterProgram(cluster, 'kubectl');
  const helm = clusterProgram(cluster, 'helm');
  const home = await storyNamespace(kubectl, `${story}-home`);
  const tenant = await storyNamespace(kubectl, story);
  const host = await nodeAddress(kubectl);
  const settings = (others: object) => ({
    image: imageValues(cluster),
    crds: { install: false },
    rbac: { aggregateToUserRoles: false },
    watchNamespaces: [tenant.name],
    operator: { replicas: 1, ...SMALL },
    frontDoor: { replicas: 1, service: { type: 'NodePort' }, ...SMALL },
    edge: { replicas: 2, service: { type: 'NodePort' }, ...SMALL },
    web: { replicas: 1, service: { type: 'NodePort' }, ...SMALL },
    ...values,
    ...others,
  });
  const helmUpgrade = async (others: object) => {
    const args = ['upgrade', '--install', RELEASE, CHART, '--namespace', home.name, '--values', '-', '--wait'];
    await helm([...args, '--timeout', '150s'], { ...INSTALL_TIMEOUT, input: JSON.stringify(settings(others)) });
  };
  const nodePort = async (component: string, port: string) => {
    const service = await home.kubectl(['get', 'service', `${RELEASE}-showrunner-${component}`, '--output', 'json']);
    const { spec } = JSON.parse(service) as ServiceObject;
    return spec.ports.find(({ name }) => name === port)?.nodePort;
  };

  await helmUpgrade({});
  const rtmpUrl = `rtmp://${host}:${await nodePort('front-door', 'rtmp')}/live`;
  const webUrl = `http://${host}:${await nodePort('web', 'http')}`;
  const mediaUrl = `http://${host}:${await nodePort('edge', 'http')}`;
  const addresses = { publicUrls: { rtmpUrl, httpUrl: webUrl, mediaUrl } };
  // Only now are the ports known.
  await helmUpgrade(addresses);

  const status = async (name: string) => {
    const text = await tenant.kubectl(['get', 'livestream', name, '--output', 'json']);
    return (JSON.parse(text) as { status?: StreamStatus }).status ?? {};
  };
  return {
    home,
    tenant,
    rtmpUrl,
    webUrl,
    mediaUrl,
    apply: async (name, spec = {}) => {
      const stream = { apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: { name }, spec };
      await tenant.kubectl(['apply', '--filename', '-'], { input: JSON.stringify(stream) });
    },
    untilReady: (name, timeoutMs = 30_000) => untilCondition(tenant.kubectl, `livestream/${name}`, 'Ready', timeoutMs),
    status,
    condition: async (name, type) => {
      const found = (await status(name)).conditions?.find((condition) => condition.type === type);
      return found?.status === 'True' ? found : undefined;
    },
    untilPhase: (name, phase, timeoutMs = 20_000) =>
      eventually(
        `phase ${phase} of ${name}`,
        async () => {
          const found = await status(name);
          if (found.phase === phase) return found;
          throw new Error(`phase ${found.phase}`);
        },
        { timeoutMs, everyMs: 200 },
      ),
    publishUrl: async (name) => {
      const path = ['get', 'secret', `${name}-stream-key`, '--output', 'jsonpath={.data.streamKey}'];
      return `${rtmpUrl}/${Buffer.from(await tenant.kubectl(path), 'base64').toString()}`;
    },
    watchUrl: (name) => `${webUrl}/watch/${tenant.name}/${name}`,
    playlistUrl: (name) => `${mediaUrl}/hls/${tenant.name}/${name}/master.m3u8`,
    pods: async (name, component) => {
      const labels = `showrunner.dev/live-stream=${name},app.kubernetes.io/component=${component}`;
      const text = await tenant.kubectl(['get', 'pods', '--selector', labels, '--output', 'json']);
      return (JSON.parse(text) as PodList).items
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => metadata.name);
    },
    upgrade: (others) => helmUpgrade({ ...addresses, ...others }),
    uninstall: async () => {
      await helm(['uninstall', RELEASE, '--namespace', home.name, '--ignore-not-found'], INSTALL_TIMEOUT);
      await Promise.all([tenant.delete(), home.delete()]);
    },
  };
}

async function nodeAddress(kubectl: ClusterProgram): Promise<string> {
  const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  return (await kubectl(['get', 'nodes', '--output', path])).trim();
}
