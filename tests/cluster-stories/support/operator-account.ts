import { readFile, writeFile } from 'node:fs/promises';
import { OWN_NAMESPACE_RULES, type RbacRule, WATCHED_NAMESPACE_RULES } from '@showrunner/operator/rbac';
import { parse, stringify } from 'yaml';
import type { ClusterAccess } from './cluster.ts';
import { clusterProgram } from './cluster-program.ts';

const NAME = 'operator';
const TOKEN_LIFE = '2h';

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: object }[];
  readonly users: readonly { readonly name: string; readonly user: object }[];
}

/**
 * Writes a kubeconfig for an account that has the rights of the operator's own list (operator/src/kube/rbac.ts) and no others, so that
 * a story fails where one is missing there. Returns the account's token.
 */
export async function writeOperatorKubeconfig(
  cluster: ClusterAccess,
  account: {
    readonly namespace: string;
    readonly namespaces: readonly string[];
    readonly path: string;
    /** Address of the API, where it is not to be the cluster's own. */
    readonly server?: string | undefined;
  },
): Promise<string> {
  const { namespace, namespaces, path, server } = account;
  const kubectl = clusterProgram(cluster, 'kubectl');
  const items = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace } },
    ...grant(namespace, 'own', OWN_NAMESPACE_RULES, namespace),
    ...namespaces.flatMap((watched) => grant(watched, 'watched', WATCHED_NAMESPACE_RULES, namespace)),
  ];
  await kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
  const created = await kubectl(['--namespace', namespace, 'create', 'token', NAME, `--duration=${TOKEN_LIFE}`]);
  const token = created.trim();
  const config = parse(await readFile(cluster.kubeconfig, 'utf8')) as Kubeconfig;
  const users = config.users.map(({ name }) => ({ name, user: { token } }));
  // Plain HTTP is refused without it.
  const plain = { server, 'insecure-skip-tls-verify': true };
  const clusters = server ? config.clusters.map(({ name }) => ({ name, cluster: plain })) : config.clusters;
  await writeFile(path, stringify({ ...config, clusters, users }), { mode: 0o600 });
  return token;
}

function grant(namespace: string, which: string, rules: readonly RbacRule[], home: string): object[] {
  const metadata = { name: `${NAME}-${which}`, namespace };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return [
    {
      apiVersion,
      kind: 'Role',
      metadata,
      rules: rules.map(({ apiGroups, resources, verbs }) => ({ apiGroups, resources, verbs })),
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata,
      roleRef,
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: home }],
    },
  ];
}
