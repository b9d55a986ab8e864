import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubeClient, type KubeConfig, type KubeObject, type KubeResource } from '@showrunner/service-kit/kube';

const RBAC = 'rbac.authorization.k8s.io/v1';
const ACCOUNTS: KubeResource = { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' };
const ROLES: KubeResource = { apiVersion: RBAC, kind: 'Role', plural: 'roles' };
const BINDINGS: KubeResource = { apiVersion: RBAC, kind: 'RoleBinding', plural: 'rolebindings' };

/** Somebody who may do little, as a pod with a token would be. */
export interface Account {
  /** Path of a kubeconfig with its token. */
  readonly kubeconfig: string;
  /** Puts another token in place of its own; without one, its own again. */
  giveToken(token?: string): Promise<void>;
  close(): Promise<void>;
}

/** An account in the first of the namespaces, which may list and watch LiveStreams in each of them and do nothing else. */
export async function readerOfLiveStreams(
  client: KubeClient,
  config: KubeConfig,
  namespaces: readonly string[],
): Promise<Account> {
  const [home = ''] = namespaces;
  const name = 'reader';
  await client.create(ACCOUNTS, { metadata: { name } }, home);
  for (const namespace of namespaces) {
    const rules = [{ apiGroups: ['showrunner.dev'], resources: ['livestreams'], verbs: ['list', 'watch'] }];
    await client.create(ROLES, { metadata: { name }, rules }, namespace);
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
    const subjects = [{ kind: 'ServiceAccount', name, namespace: home }];
    await client.create(BINDINGS, { metadata: { name }, roleRef, subjects }, namespace);
  }
  const request: KubeResource = { apiVersion: 'v1', kind: 'TokenRequest', plural: `serviceaccounts/${name}/token` };
  const issued = await client.create<KubeObject & { status: { token: string } }>(
    request,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3_600 } },
    home,
  );
  const { token } = issued.status;
  const folder = await mkdtemp(join(tmpdir(), 'showrunner-account-'));
  const { tls } = await config.credentials();
  const kubeconfig = join(folder, 'config');
  const giveToken = (other = token) => {
    const ca = tls.ca === undefined ? undefined : Buffer.from(tls.ca).toString('base64');
    const cluster = { server: config.server, 'certificate-authority-data': ca, 'insecure-skip-tls-verify': !ca };
    const content = {
      'current-context': 'it',
      clusters: [{ name: 'it', cluster }],
      users: [{ name: 'it', user: { token: other } }],
      contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    };
    return writeFile(kubeconfig, JSON.stringify(content));
  };
  await giveToken();
  return { kubeconfig, giveToken, close: () => rm(folder, { recursive: true }) };
}
