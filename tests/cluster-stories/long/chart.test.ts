import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import {
  CHART,
  clusterProgram,
  DEFINITION,
  giveDefinitionTo,
  imageValues,
  liveStream,
  storyNamespace,
  type StoryNamespace,
  untilCondition,
} from '../support/index.ts';

const cluster = inject('cluster');
const kubectl = clusterProgram(cluster, 'kubectl');
const HELMS = cluster.isOwn ? ['helm', 'helm3'] : ['helm'];
const HELM_TIMEOUT = { timeoutMs: 170_000 };
const WAIT = ['--wait', '--timeout', '150s'];
/** What a release is made of, beside what Helm itself keeps. */
const KINDS = 'deployment,service,secret,serviceaccount,role,rolebinding,networkpolicy,poddisruptionbudget';

interface Listed {
  readonly items: readonly {
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  }[];
}

/**
 * The life of a release. There is no published chart before this one yet, so the one that is upgraded from is this chart under a lower
 * version and with other settings.
 */
describe.each(HELMS)('a release, by %s', (program) => {
  const helm = clusterProgram(cluster, program);
  const release = 'live';
  let home: StoryNamespace;
  let tenant: StoryNamespace;
  let folder: string;

  /** Two of each fit beside what else runs on the node. */
  const small = { resources: { requests: { cpu: '10m' } } };
  const settings = (others: object = {}) =>
    JSON.stringify({
      image: imageValues(cluster),
      watchNamespaces: [tenant.name],
      rbac: { aggregateToUserRoles: false },
      operator: small,
      // Nothing here gives out addresses, for which Helm would wait.
      frontDoor: { ...small, lameDuckSeconds: 2, service: { type: 'ClusterIP' } },
      edge: small,
      web: small,
      ...others,
    });
  const helmIn = (args: readonly string[], input?: string) =>
    helm([...args, '--namespace', home.name], { ...HELM_TIMEOUT, ...(input === undefined ? {} : { input }) });
  const upgrade = (chart: string, values: string) =>
    helmIn(['upgrade', '--install', release, chart, '--values', '-', ...WAIT], values);
  const names = async (namespace: StoryNamespace, kinds: string, selector: string): Promise<string[]> => {
    const { items } = JSON.parse(
      await namespace.kubectl(['get', kinds, '--selector', selector, '--output', 'json']),
    ) as Listed;
    // Who is told to go may take its time.
    const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return staying.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.uid}`).sort();
  };
  const ours = (kinds: string) =>
    names(home, kinds, `app.kubernetes.io/instance=${release},app.kubernetes.io/component!=test`);
  const podsOfStreams = () => names(tenant, 'pod', 'app.kubernetes.io/managed-by=showrunner');
  const tokenOf = () =>
    home.kubectl(['get', 'secret', 'live-showrunner-knock-token', '--output', 'jsonpath={.data.token}']);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'showrunner-chart-'));
    home = await storyNamespace(kubectl, 'chart-home');
    tenant = await storyNamespace(kubectl, 'chart-tenant');
    await giveDefinitionTo(cluster, release, home.name);
  });
  afterAll(async () => {
    await helmIn(['uninstall', release, '--ignore-not-found']);
    await tenant.delete();
    await home.delete();
    await rm(folder, { recursive: true });
  });

  it('is installed from a chart of a lower version, with other settings, into a namespace that enforces "restricted"', async () => {
    await helmIn(['package', CHART, '--version', '0.0.1', '--destination', folder]);
    const before = settings({
      streams: { maxLadder: '480p' },
      edge: { ...small, cacheMiB: 64 },
      web: { ...small, replicas: 1 },
    });
    await upgrade(join(folder, 'showrunner-0.0.1.tgz'), before);
    for (const component of ['operator', 'front-door', 'edge', 'web'])
      await untilCondition(home.kubectl, `deployment/live-showrunner-${component}`, 'Available', 5_000);
  });

  it('answers `helm test`', async () => {
    const said = await helmIn(['test', release, '--logs', '--timeout', '120s']);
    expect(said).not.toContain('✗');
    expect(said.match(/✓/g)).toHaveLength(5);
  });

  it('prints a first resource that becomes ready, and what to type into OBS', async () => {
    const notes = await helmIn(['get', 'notes', release]);
    const commands = notes.slice(notes.indexOf('kubectl apply'), notes.indexOf('2. In OBS'));
    await shell(commands);
    const server = /Server {2,}(\S+)/.exec(notes)?.[1];
    const stream = await tenant.kubectl([
      'get',
      'livestream',
      'first-show',
      '--output',
      'jsonpath={.status.ingest.server}',
    ]);
    expect(stream).toBe(server);
    const key = /Stream Key {2,}(.+)/.exec(notes)?.[1] ?? '';
    expect(await shell(key)).toMatch(/^\S{20,}$/);
  });

  it('may do in its tenant what it needs, and nothing elsewhere', async () => {
    const may = async (who: string, what: string, where: string) => {
      const account = `system:serviceaccount:${home.name}:live-showrunner-${who}`;
      const asked = ['auth', 'can-i', ...what.split(' '), '--namespace', where, '--as', account];
      return (await kubectl(asked).catch((error: Error) => error.message)).trim().split('\n').at(-1)?.endsWith('yes');
    };
    expect(await may('operator', 'patch deployments.apps', tenant.name)).toBe(true);
    expect(await may('operator', 'get secrets', 'default')).toBe(false);
    expect(await may('operator', 'list livestreams.showrunner.dev', 'default')).toBe(false);
    expect(await may('front-door', 'watch livestreams.showrunner.dev', tenant.name)).toBe(true);
    expect(await may('front-door', 'get secrets', tenant.name)).toBe(false);
    expect(await may('web', 'patch livestreams.showrunner.dev', tenant.name)).toBe(false);
    expect(await may('edge', 'list livestreams.showrunner.dev', tenant.name)).toBe(false);
  });

  it('is upgraded to this chart: streams keep their pods, the token stays, changed settings arrive', async () => {
    const [token, pods] = [await tokenOf(), await podsOfStreams()];
    expect(pods).toHaveLength(2);
    await upgrade(CHART, settings());
    expect(await tokenOf()).toBe(token);
    expect(await podsOfStreams()).toEqual(pods);
    expect(await ours('pod')).toHaveLength(8);
    await untilCondition(tenant.kubectl, 'livestream/first-show', 'Ready', 10_000);
  });

  it('replaces no pod for an upgrade that changes nothing', async () => {
    const pods = await ours('pod');
    await upgrade(CHART, settings());
    expect(await ours('pod')).toEqual(pods);
  });

  it('keeps its pods when they are to be scaled from now on', async () => {
    const pods = await ours('pod');
    const autoscaling = { enabled: true, minReplicas: 2 };
    await upgrade(CHART, settings({ edge: { ...small, autoscaling } }));
    expect(await ours('pod')).toEqual(pods);
  });

  it('is rolled back to the settings from before', async () => {
    const [token, pods] = [await tokenOf(), await podsOfStreams()];
    await helmIn(['rollback', release, '1', ...WAIT]);
    const cache = `jsonpath={.spec.template.spec.containers[0].env[?(@.name=="SHOWRUNNER_CACHE_BYTES")].value}`;
    expect(await home.kubectl(['get', 'deployment', 'live-showrunner-edge', '--output', cache])).toBe(
      String(64 * 2 ** 20),
    );
    expect(
      await home.kubectl(['get', 'deployment', 'live-showrunner-web', '--output', 'jsonpath={.spec.replicas}']),
    ).toBe('1');
    expect(await tokenOf()).toBe(token);
    expect(await podsOfStreams()).toEqual(pods);
  });

  it.runIf(program === 'helm')(
    "has a tenant's own chart wait for its LiveStream, and fail where that cannot be",
    async () => {
      const shows = join(folder, 'shows');
      await mkdir(join(shows, 'templates'), { recursive: true });
      await writeFile(join(shows, 'Chart.yaml'), 'apiVersion: v2\nname: shows\nversion: 1.0.0\n');
      const helmWait = async (name: string, spec: object) => {
        await writeFile(join(shows, 'templates', 'show.yaml'), liveStream(name, spec));
        await helm(['install', name, shows, '--namespace', tenant.name, '--wait', '--timeout', '60s'], HELM_TIMEOUT);
      };
      await helmWait('evening', {});
      await untilCondition(tenant.kubectl, 'livestream/evening', 'Ready', 0);
      await expect(helmWait('keyless', { ingest: { keySecretRef: { name: 'missing' } } })).rejects.toThrow('keyless');
      for (const name of ['evening', 'keyless'])
        await helm(['uninstall', name, '--namespace', tenant.name], HELM_TIMEOUT);
    },
  );

  it('is uninstalled: what it brought goes; the definition, LiveStreams and their pods stay', async () => {
    const pods = await podsOfStreams();
    await helmIn(['uninstall', release, '--wait', '--timeout', '120s']);
    expect(await ours(KINDS)).toEqual([]);
    await eventually('its pods to be told to go', async () => (await ours('pod')).length === 0);
    expect(await kubectl(['get', DEFINITION, '--output', 'name'])).toContain('livestreams.showrunner.dev');
    expect(await podsOfStreams()).toEqual(pods);
    await untilCondition(tenant.kubectl, 'livestream/first-show', 'Ready', 5_000);
  });

  it('installed again, it goes on with them', async () => {
    await upgrade(CHART, settings());
    await tenant.kubectl(['delete', 'livestream', 'first-show', '--timeout=60s']);
    await tenant.kubectl(['wait', '--for=delete', 'pod', '--all', '--timeout=120s'], { timeoutMs: 130_000 });
    expect(await podsOfStreams()).toEqual([]);
  });
});

/** Runs what the notes tell a person to run. */
async function shell(commands: string): Promise<string> {
  const path = [cluster.bin, process.env.PATH].filter((part) => part !== undefined).join(delimiter);
  const env = { ...process.env, PATH: path, KUBECONFIG: cluster.kubeconfig };
  const script = commands.replaceAll(/^ {3}/gm, '');
  return (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { env, timeout: 60_000 })).stdout;
}
