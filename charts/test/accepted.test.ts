import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clusterProgram, storyNamespace, type StoryNamespace } from '../../tests/cluster-stories/support/index.ts';
import { type Manifest, render, valuesFile } from './helm.ts';

/** Kinds of others, whose definitions our own cluster is given. Of a cluster of the caller's it is not known whether they are there. */
const OF_OTHERS = ['Certificate', 'HTTPRoute', 'PodMonitor', 'ServiceMonitor'];
const DRY_RUN = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--filename', '-'];

interface Workload extends Manifest {
  readonly spec: { readonly template: { readonly metadata: object; readonly spec: Record<string, unknown> } };
}

const { isOwn, bin } = inject('cluster');
const kubectl = clusterProgram(inject('cluster'), 'kubectl');
const list = (items: readonly object[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

/** The pod that a Deployment would make, without what must be there before it. */
function podOf({ metadata, spec }: Workload): object {
  const { priorityClassName: _, serviceAccountName: __, ...podSpec } = spec.template.spec;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...spec.template.metadata, name: metadata.name }, spec: podSpec };
}

beforeAll(async () => {
  if (!isOwn || bin === undefined) return;
  const definitions = join(bin, '../definitions');
  await kubectl(['apply', '--server-side', '--force-conflicts', '--filename', definitions]);
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', '--filename', definitions]);
});

describe.each(['defaults', 'gateway', 'production', 'tenant'])('a real API server, given the values "%s"', (values) => {
  let home: StoryNamespace;
  let tenant: StoryNamespace;
  let manifests: Manifest[];
  beforeAll(async () => {
    [home, tenant] = await Promise.all([
      storyNamespace(kubectl, 'chart-home'),
      storyNamespace(kubectl, 'chart-tenant'),
    ]);
    const narrowed = values === 'tenant' ? ['--set', `watchNamespaces={${home.name},${tenant.name}}`] : [];
    manifests = await render('helm', ['--values', valuesFile(values), '--namespace', home.name, ...narrowed]);
  });
  afterAll(() => Promise.all([home.delete(), tenant.delete()]));

  it('takes every object', async () => {
    const known = manifests.filter(({ kind }) => isOwn || !OF_OTHERS.includes(kind));
    const answer = await kubectl(DRY_RUN, { input: list(known) });
    expect(answer.trim().split('\n')).toHaveLength(known.length);
  });

  it('lets the pods into a namespace that enforces the Pod Security Standard "restricted"', async () => {
    const pods = (manifests.filter(({ kind }) => kind === 'Deployment') as Workload[]).map(podOf);
    const answer = await home.kubectl(DRY_RUN, { input: list(pods) });
    expect(answer.trim().split('\n')).toHaveLength(4);
  });
});
