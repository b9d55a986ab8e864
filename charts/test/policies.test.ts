import { describe, expect, it } from 'vitest';
import { type Manifest, render, valuesFile } from './helm.ts';

type Labels = Record<string, string>;
interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: 'In'; readonly values: string[] }[];
}
interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string };
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: number }[];
}
interface NetworkPolicy extends Manifest {
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes: readonly ('Egress' | 'Ingress')[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}
interface Pod {
  readonly namespace: string;
  readonly labels: Labels;
}

const ours = (component: string): Pod => ({
  namespace: 'live',
  labels: {
    'app.kubernetes.io/name': 'showrunner',
    'app.kubernetes.io/instance': 'showrunner',
    'app.kubernetes.io/component': component,
  },
});
const ofStream = (component: string, namespace = 'team-a'): Pod => ({
  namespace,
  labels: { 'app.kubernetes.io/managed-by': 'showrunner', 'app.kubernetes.io/component': component },
});
const PODS: Readonly<Record<string, Pod>> = {
  operator: ours('operator'),
  'front-door': ours('front-door'),
  edge: ours('edge'),
  web: ours('web'),
  ingest: ofStream('ingest'),
  transcoder: ofStream('transcoder'),
  /** Where a Service leads that a tenant has made under the name of an ingest's. */
  'database of a tenant': { namespace: 'team-a', labels: { app: 'database' } },
  'database beside us': { namespace: 'live', labels: { app: 'database' } },
  'ingest elsewhere': ofStream('ingest', 'elsewhere'),
};
/** Of each way between pods; those of DNS and of the Kubernetes API are open by themselves. */
const PORTS = [80, 1935, 1936, 5432, 8080, 9090];

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  const isEqual = Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
  return isEqual && matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''));
}

/** As Kubernetes says of NetworkPolicyPeer: without a namespaceSelector the policy's own namespace is meant. */
function isPeer({ namespaceSelector, podSelector = {}, ipBlock }: Peer, pod: Pod, home: string | undefined): boolean {
  if (ipBlock) return false;
  const isInNamespace = namespaceSelector
    ? selects(namespaceSelector, { 'kubernetes.io/metadata.name': pod.namespace })
    : pod.namespace === home;
  return isInNamespace && selects(podSelector, pod.labels);
}

/** Whether the policies that select `pod`, if there are any, let it speak with `other` in this direction. */
function lets(policies: readonly NetworkPolicy[], type: 'Egress' | 'Ingress', pod: Pod, other: Pod, port: number) {
  const own = policies.filter(
    ({ metadata, spec }) =>
      spec.policyTypes.includes(type) && metadata.namespace === pod.namespace && selects(spec.podSelector, pod.labels),
  );
  return (
    own.length === 0 ||
    own.some(({ metadata, spec }) =>
      (type === 'Egress' ? spec.egress : spec.ingress)?.some(({ from, to, ports }) => {
        const peers = type === 'Egress' ? to : from;
        const isOfPeer = !peers || peers.some((peer) => isPeer(peer, other, metadata.namespace));
        return isOfPeer && (!ports || ports.some((open) => open.port === port));
      }),
    )
  );
}

/** Where a pod can connect to, as `pod:port`. */
function reaches(policies: readonly NetworkPolicy[], name: string): string[] {
  const caller = PODS[name]!;
  return Object.entries(PODS).flatMap(([target, pod]) =>
    PORTS.filter(
      (port) =>
        pod !== caller && lets(policies, 'Egress', caller, pod, port) && lets(policies, 'Ingress', pod, caller, port),
    ).map((port) => `${target}:${port}`),
  );
}

describe.each([
  ['tenant', []],
  ['defaults', ['ingest elsewhere']],
])('with the values "%s"', async (values, ingestsBeyond) => {
  const manifests = await render('helm', ['--values', valuesFile(values)]);
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy') as NetworkPolicy[];
  const beyond = (port: number) => ingestsBeyond.map((pod) => `${pod}:${port}`);

  it.each([
    ['front-door', ['operator:8080', 'ingest:1935', ...beyond(1935)]],
    ['web', ['ingest:9090', ...beyond(9090)]],
    ['operator', ['ingest:9090', 'transcoder:9090', ...beyond(9090)]],
    ['edge', ['transcoder:8080']],
  ])('%s reaches what it calls, and no pod else', (caller, all) => {
    expect(reaches(policies, caller)).toEqual(all);
  });

  it('nobody but the front door knocks at the operator', () => {
    const knocking = Object.keys(PODS).filter((name) => reaches(policies, name).includes('operator:8080'));
    expect(knocking).toEqual(['front-door']);
  });
});

it('pods of streams are reached by Showrunner alone where their namespaces are named', async () => {
  const manifests = await render('helm', ['--values', valuesFile('tenant')]);
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy') as NetworkPolicy[];
  const callers = (target: string) => Object.keys(PODS).filter((name) => reaches(policies, name).includes(target));
  expect([callers('ingest:1935'), callers('ingest:8080'), callers('ingest:9090')]).toEqual([
    ['front-door'],
    ['transcoder'],
    ['operator', 'web'],
  ]);
  expect([callers('transcoder:8080'), callers('transcoder:9090')]).toEqual([['edge'], ['operator']]);
});
