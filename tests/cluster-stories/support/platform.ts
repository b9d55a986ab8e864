import { randomInt } from 'node:crypto';
import { CHART, imageValues } from './chart.ts';
import { clusterProgram, type ClusterProgram } from './cluster-program.ts';
import type { Cluster } from './cluster.ts';
import { storyNamespace, type StoryNamespace } from './story-namespace.ts';
import { type PlatformUrls, type Tenant, tenantOf } from './tenant.ts';

/** Name of the release. */
export const RELEASE = 'live';
const INSTALL_TIMEOUT = { timeoutMs: 180_000 };
/** Requests that leave room on a small node for both generations of pods of an upgrade. */
export const SMALL = { resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '512Mi' } } };

/** Showrunner as the chart installs it, for one story, with its first tenant. */
export interface Platform extends Tenant, PlatformUrls {
  /** Where Showrunner itself runs. */
  readonly home: StoryNamespace;
  /** Further tenants. */
  readonly neighbours: readonly Tenant[];
  /** `helm upgrade` with further values beside those of the story. */
  upgrade(values: object): Promise<void>;
  uninstall(): Promise<void>;
}

/** Installs the chart into a namespace of its own, reachable through ports of the node. */
export async function installPlatform(
  cluster: Cluster,
  story: string,
  values: object = {},
  tenants = 1,
): Promise<Platform> {
  const kubectl = clusterProgram(cluster, 'kubectl');
  const helm = clusterProgram(cluster, 'helm');
  const home = await storyNamespace(kubectl, `${story}-home`);
  const namespaces = await Promise.all(Array.from({ length: tenants }, () => storyNamespace(kubectl, story)));
  const host = await nodeAddress(kubectl);
  const [rtmpPort, webPort, mediaPort] = await freeNodePorts(kubectl, 3);
  const urls = {
    rtmpUrl: `rtmp://${host}:${rtmpPort}/live`,
    webUrl: `http://${host}:${webPort}`,
    mediaUrl: `http://${host}:${mediaPort}`,
  };
  const settings = (others: object) => ({
    image: imageValues(cluster),
    crds: { install: false },
    rbac: { aggregateToUserRoles: false },
    watchNamespaces: namespaces.map(({ name }) => name),
    publicUrls: { rtmpUrl: urls.rtmpUrl, httpUrl: urls.webUrl, mediaUrl: urls.mediaUrl },
    operator: { replicas: 1, ...SMALL },
    frontDoor: { replicas: 1, lameDuckSeconds: 2, service: { type: 'NodePort', rtmpNodePort: rtmpPort }, ...SMALL },
    edge: {
      replicas: 2,
      drainSeconds: 2,
      service: { type: 'NodePort', nodePort: mediaPort },
      cacheMiB: 64,
      maxConnections: 1_000,
      ...SMALL,
    },
    web: { replicas: 1, drainSeconds: 2, service: { type: 'NodePort', nodePort: webPort }, ...SMALL },
    ...values,
    ...others,
  });
  const helmUpgrade = async (others: object) => {
    const args = ['upgrade', '--install', RELEASE, CHART, '--namespace', home.name, '--values', '-', '--wait'];
    await helm([...args, '--timeout', '150s'], { ...INSTALL_TIMEOUT, input: JSON.stringify(settings(others)) });
  };

  await helmUpgrade({});
  const [first, ...neighbours] = namespaces.map((namespace) => tenantOf(namespace, urls));
  return {
    ...first!,
    ...urls,
    home,
    neighbours,
    upgrade: helmUpgrade,
    uninstall: async () => {
      await helm(['uninstall', RELEASE, '--namespace', home.name, '--ignore-not-found'], INSTALL_TIMEOUT);
      await Promise.all([...namespaces, home].map((namespace) => namespace.delete()));
    },
  };
}

/** Ports of the default range that no Service has. */
export async function freeNodePorts(kubectl: ClusterProgram, count: number): Promise<number[]> {
  const path = 'jsonpath={.items[*].spec.ports[*].nodePort}';
  const taken = (await kubectl(['get', 'services', '--all-namespaces', '--output', path])).split(' ').map(Number);
  const free = new Set<number>();
  while (free.size < count) {
    const port = randomInt(30_000, 32_768);
    if (!taken.includes(port)) free.add(port);
  }
  return [...free];
}

async function nodeAddress(kubectl: ClusterProgram): Promise<string> {
  const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  return (await kubectl(['get', 'nodes', '--output', path])).trim();
}
