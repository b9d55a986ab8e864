import { markdownTable } from '@showrunner/crds/markdown';
import { COMPONENT_RULES } from './component-rules.ts';

const ALLOWED_IN = {
  'watched namespaces': 'a ClusterRole, or with `watchNamespaces` a Role in each of those namespaces',
  'own namespace': "a Role in the release's namespace",
};

/** Markdown of `docs/reference/rbac.md`: who may do what, and what for. */
export function rbacReference(): string {
  const sections = COMPONENT_RULES.map(({ who, where, rules }) => {
    const rows = rules.map(({ apiGroups, resources, verbs, purpose }) => [
      apiGroups.map((group) => `\`${group || 'core'}\``).join(', '),
      resources.map((resource) => `\`${resource}\``).join(', '),
      verbs.join(', '),
      purpose,
    ]);
    const title = `${who[0]!.toUpperCase()}${who.slice(1)}, in ${where === 'own namespace' ? 'its own namespace' : 'the namespaces that it serves'}`;
    return `## ${title}\n\nBy ${ALLOWED_IN[where]}.\n\n${markdownTable(['API group', 'Resources', 'Verbs', 'What for'], rows)}\n`;
  });
  return `# Rights

What each component may do at the Kubernetes API, as the chart grants it. This page is made from the list that the operator is held to by
\`npm run generate\`.

Each component has a ServiceAccount of its own. The edge and the pods of streams have no token and never call the API. Nobody but the
operator may read a Secret; where rights are cluster-wide that means every Secret of the cluster, which \`watchNamespaces\` narrows down.

${sections.join('\n')}
## People

With \`rbac.aggregateToUserRoles\` (the default) the roles \`view\`, \`edit\` and \`admin\` of a namespace include its LiveStreams: \`view\` may get, list
and watch them, \`edit\` and \`admin\` may also create, delete, deletecollection, patch and update them. \`status\` is the operator's alone.
`;
}
