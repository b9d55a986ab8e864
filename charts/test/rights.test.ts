import { describe, expect, it } from 'vitest';
import { COMPONENT_RULES } from '../generate/component-rules.ts';
import { type Manifest, render, valuesFile } from './helm.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}
interface Binding extends Manifest {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

/** One line per right, such as `list apps/deployments`. */
const rightsIn = (rules: readonly Rule[]) =>
  rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    )
    .sort();

/** The rights of each ServiceAccount, followed from it through its bindings to their roles, by where they hold. */
function granted(manifests: readonly Manifest[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const binding of manifests.filter(({ kind }) => kind.endsWith('RoleBinding')) as Binding[]) {
    const { namespace } = binding.metadata;
    const role = manifests.find(
      ({ kind, metadata }) =>
        kind === binding.roleRef.kind && metadata.name === binding.roleRef.name && metadata.namespace === namespace,
    );
    for (const { name, namespace: home } of binding.subjects) {
      const account = manifests.some(
        ({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === name && metadata.namespace === home,
      );
      if (!account || !role) throw new Error(`${binding.metadata.name} binds what is not there.`);
      found[`${name} in ${namespace ?? 'all namespaces'}`] = rightsIn(role['rules'] as Rule[]);
    }
  }
  return found;
}

/** What a component's list says; tests/cluster-stories/long/rights-used.test.ts compares it with what the code calls. */
const rightsOf = (template: string) =>
  rightsIn(COMPONENT_RULES.find((component) => component.template === template)?.rules ?? []);

const OPERATOR = rightsOf('showrunner.operatorRules');
const LEADER = rightsOf('showrunner.leaderRules');
const FRONT_DOOR = rightsOf('showrunner.frontDoorRules');
const WEB = rightsOf('showrunner.webRules');

describe('the rights that the chart grants', () => {
  it("are those of the components' lists, in all namespaces", async () => {
    expect(granted(await render('helm', ['--values', valuesFile('defaults')]))).toEqual({
      'showrunner-operator in all namespaces': OPERATOR,
      'showrunner-operator in live': LEADER,
      'showrunner-front-door in all namespaces': FRONT_DOOR,
      'showrunner-web in all namespaces': WEB,
    });
  });

  it('end at the borders of the watched namespaces', async () => {
    const manifests = await render('helm', ['--values', valuesFile('tenant')]);
    expect(granted(manifests)).toEqual({
      'showrunner-operator in team-a': OPERATOR,
      'showrunner-operator in team-b': OPERATOR,
      'showrunner-operator in live': LEADER,
      'showrunner-front-door in team-a': FRONT_DOOR,
      'showrunner-front-door in team-b': FRONT_DOOR,
      'showrunner-web in team-a': WEB,
      'showrunner-web in team-b': WEB,
    });
    expect(manifests.filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([]);
  });

  it('stand in objects of this release alone, be there one of its name in another namespace', async () => {
    const clusterWide = async (namespace: string) =>
      (await render('helm', ['--values', valuesFile('defaults'), '--namespace', namespace]))
        .filter(({ kind }) => kind.startsWith('Cluster'))
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const names = [...(await clusterWide('live')), ...(await clusterWide('other'))];
    expect(names).toHaveLength(16);
    expect(new Set(names).size).toBe(names.length);
  });

  it('are none for the edge, nor for any component over all groups, resources or verbs', async () => {
    const rights = granted(await render('helm', ['--values', valuesFile('defaults')]));
    expect(Object.keys(rights).filter((name) => name.includes('edge'))).toEqual([]);
    expect(
      Object.values(rights)
        .flat()
        .filter((right) => right.includes('*')),
    ).toEqual([]);
    for (const [who, its] of Object.entries(rights))
      expect(its.some((right) => right.includes('/secrets')) && !who.includes('operator in all')).toBe(false);
  });
});
