import { readFileSync } from 'node:fs';
import { loadConfig } from '@showrunner/service-kit';
import { describe, expect, it } from 'vitest';
import { frontDoorConfigSchema } from '../../ingest/src/front-door/config.ts';
import { operatorConfigSchema } from '../../operator/src/config.ts';
import { edgePodConfigSchema } from '../../transcoder/src/edge/config.ts';
import { mostMemory as mostMemoryOfEdge } from '../../transcoder/src/edge/most-memory.ts';
import { webConfigSchema } from '../../web/api/config.ts';
import { mostMemory as mostMemoryOfWeb } from '../../web/api/most-memory.ts';
import { type Manifest, render, valuesFile } from './helm.ts';

type Labels = Record<string, string>;
interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}
interface Workload extends Manifest {
  readonly spec: {
    readonly selector: { readonly matchLabels: Labels };
    readonly template: {
      readonly metadata: { readonly labels: Labels };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly automountServiceAccountToken: boolean;
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly [Container];
        readonly volumes?: readonly { readonly name: string; readonly secret: { readonly secretName: string } }[];
      };
    };
  };
}
interface ServiceManifest extends Manifest {
  readonly spec: {
    readonly selector: Labels;
    readonly externalTrafficPolicy?: string;
    readonly ports: readonly { name: string; port: number; targetPort: string }[];
  };
}
/** Of NetworkPolicies (podSelector) and PodDisruptionBudgets (selector). */
interface Selecting extends Manifest {
  readonly spec: {
    readonly podSelector?: { readonly matchLabels: Labels };
    readonly selector?: { readonly matchLabels: Labels };
    readonly scaleTargetRef?: { readonly name: string };
  };
}

const CONFIGS = {
  operator: operatorConfigSchema,
  'front-door': frontDoorConfigSchema,
  edge: edgePodConfigSchema,
  web: webConfigSchema,
};

const CACHE_EXAMPLE = readFileSync(new URL('../../examples/nginx-cache.conf', import.meta.url), 'utf8');

const selects = (selector: Labels, labels: Labels) =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);
const environment = ({ env }: Container): Record<string, string | undefined> =>
  Object.fromEntries(env.map(({ name, value }) => [name, value]));

describe.each(['defaults', 'gateway', 'production', 'tenant'])('with the values "%s"', async (values) => {
  const manifests = await render('helm', ['--values', valuesFile(values)]);
  const of = <T extends Manifest>(...kinds: string[]) => manifests.filter(({ kind }) => kinds.includes(kind)) as T[];
  const workloads = of<Workload>('Deployment');
  const services = of<ServiceManifest>('Service');
  const selected = (selector: Labels) =>
    workloads.filter(({ spec }) => selects(selector, spec.template.metadata.labels));

  it('every Service leads to ports that its pods name', () => {
    for (const { metadata, spec } of services) {
      const pods = selected(spec.selector);
      expect(pods.length, metadata.name).toBe(metadata.name.endsWith('-metrics') ? 4 : 1);
      for (const { targetPort } of spec.ports)
        for (const pod of pods)
          expect(pod.spec.template.spec.containers[0].ports.map(({ name }) => name)).toContain(targetPort);
    }
  });

  it('the example of a cache leads to the edge', () => {
    const [, name, port] = /server (\S+?)\.showrunner\.svc\.cluster\.local:(\d+);/.exec(CACHE_EXAMPLE) ?? [];
    const edge = services.find(({ metadata }) => metadata.name === name);
    expect(edge?.spec.ports.map((one) => String(one.port))).toEqual([port]);
    expect(selected(edge?.spec.selector ?? {}).map(({ metadata }) => metadata.name)).toEqual(['showrunner-edge']);
  });

  it('every Deployment has its account, its budget and its policy', () => {
    for (const { metadata, spec } of workloads) {
      expect(selected(spec.selector.matchLabels).map((workload) => workload.metadata.name)).toEqual([metadata.name]);
      const { serviceAccountName } = spec.template.spec;
      expect(of('ServiceAccount').map((account) => account.metadata.name)).toContain(serviceAccountName);
      for (const kind of ['PodDisruptionBudget', 'NetworkPolicy'])
        expect(
          of<Selecting>(kind).filter((one) => {
            const { podSelector, selector } = one.spec;
            return selects((podSelector ?? selector)?.matchLabels ?? {}, spec.template.metadata.labels);
          }),
          `${kind} of ${metadata.name}`,
        ).toHaveLength(1);
    }
  });

  it('every autoscaler scales a Deployment that leaves its number of pods alone', () => {
    for (const { spec } of of<Selecting>('HorizontalPodAutoscaler')) {
      const target = workloads.find(({ metadata }) => metadata.name === spec.scaleTargetRef?.name);
      expect(target).toBeDefined();
      expect(target?.spec).not.toHaveProperty('replicas');
      // So that no later revision says it either, which a rollback would take back.
      expect(target?.metadata.annotations).toEqual({ 'showrunner.dev/replicas': 'autoscaler' });
    }
  });

  it('every file that a process reads is mounted from a Secret that is there or was named', () => {
    const named = ['team-knock-token', 'team-certificate', 'showrunner-tls'];
    const made = of('Secret').map(({ metadata }) => metadata.name);
    for (const { metadata, spec } of workloads) {
      const { containers, volumes = [] } = spec.template.spec;
      const { volumeMounts = [] } = containers[0];
      const files = Object.entries(environment(containers[0])).filter(([, value]) => value?.startsWith('/'));
      for (const [name, path = ''] of files)
        expect(
          volumeMounts.some(({ mountPath }) => path.startsWith(`${mountPath}/`)),
          `${name} of ${metadata.name}`,
        ).toBe(true);
      expect(volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name));
      for (const { secret } of volumes) expect([...made, ...named]).toContain(secret.secretName);
    }
  });

  it('only those who talk to the API have a token', () => {
    const withToken = workloads.filter(({ spec }) => spec.template.spec.automountServiceAccountToken);
    expect(withToken.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/component']).sort()).toEqual([
      'front-door',
      'operator',
      'web',
    ]);
  });

  it('pods may take as long to end as they are told to drain', () => {
    // What the operator is told is for the pods that it makes.
    for (const { metadata, spec } of workloads.filter(({ metadata }) => !metadata.name.endsWith('-operator'))) {
      const { containers, terminationGracePeriodSeconds } = spec.template.spec;
      const { SHOWRUNNER_DRAIN_MS = '0', SHOWRUNNER_LAME_DUCK_MS = '0' } = environment(containers[0]);
      const drainMs = Number(SHOWRUNNER_DRAIN_MS) + Number(SHOWRUNNER_LAME_DUCK_MS);
      expect(terminationGracePeriodSeconds * 1000, metadata.name).toBeGreaterThan(drainMs + 10_000);
    }
  });

  it('a front door whose node is left out by health checks takes newcomers until these have told the load balancer', () => {
    const [{ spec } = {}] = services.filter(({ metadata }) => metadata.name.endsWith('-front-door'));
    const [frontDoor] = workloads.filter(({ metadata }) => metadata.name.endsWith('-front-door'));
    const { SHOWRUNNER_LAME_DUCK_MS } = environment(frontDoor!.spec.template.spec.containers[0]);
    expect(SHOWRUNNER_LAME_DUCK_MS).toBe(spec?.externalTrafficPolicy === 'Local' ? '20000' : '5000');
  });

  it.each(Object.entries(CONFIGS))('%s takes the settings that it is given, each of them', (component, schema) => {
    const workload = workloads.find(({ metadata }) => metadata.name === `showrunner-${component}`);
    const given = environment(workload!.spec.template.spec.containers[0]);
    // What Kubernetes fills in.
    const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value ?? 'filled-in']));
    expect(() => loadConfig(schema, { env, prefix: 'SHOWRUNNER' })).not.toThrow();
    const known = Object.keys(schema.shape).map((key) => key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase());
    expect(Object.keys(given).filter((name) => !known.includes(name.replace('SHOWRUNNER_', '')))).toEqual([]);
  });

  it('a crowd takes no more memory than its limit from an edge or web', () => {
    const containerOf = (component: string): Container =>
      workloads.find(({ metadata }) => metadata.name === `showrunner-${component}`)!.spec.template.spec.containers[0];
    const limitOf = ({ resources }: Container): number => {
      const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(resources.limits.memory)!;
      return Number(number) * 1024 ** (unit === 'Gi' ? 3 : 2);
    };
    const [edge, web] = [containerOf('edge'), containerOf('web')];
    const load = { prefix: 'SHOWRUNNER' };
    const ofEdge = mostMemoryOfEdge(loadConfig(edgePodConfigSchema, { env: environment(edge), ...load }));
    const ofWeb = mostMemoryOfWeb(loadConfig(webConfigSchema, { env: environment(web), ...load }));
    expect(ofEdge).toBeLessThanOrEqual(limitOf(edge));
    expect(ofWeb).toBeLessThanOrEqual(limitOf(web));
  });

  it('who is told a port number or a host finds it there', () => {
    const [frontDoor] = workloads.filter(({ metadata }) => metadata.name.endsWith('-front-door'));
    const { SHOWRUNNER_OPERATOR_HOST, SHOWRUNNER_OPERATOR_PORT } = environment(
      frontDoor!.spec.template.spec.containers[0],
    );
    const operator = services.find(({ metadata }) => metadata.name.endsWith('-operator'));
    expect(SHOWRUNNER_OPERATOR_HOST).toMatch(new RegExp(`^${operator?.metadata.name}\\.live\\.svc\\..*\\.$`));
    expect(operator?.spec.ports.map(({ port }) => String(port))).toEqual([SHOWRUNNER_OPERATOR_PORT]);
    for (const { spec } of workloads) {
      const [container] = spec.template.spec.containers;
      for (const { name, containerPort } of container.ports)
        expect(environment(container)[`SHOWRUNNER_${name.toUpperCase()}_PORT`]).toBe(String(containerPort));
    }
  });
});
