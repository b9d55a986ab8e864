import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const DOCKERFILE = fileURLToPath(new URL('../../../Dockerfile', import.meta.url));

/** Where Kubernetes mounts the account of a pod. */
const ACCOUNT_FOLDER = '/run/secrets/kubernetes.io/serviceaccount';

export interface PodLaunch {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * How a program is run so that it finds its account where a pod's is: in mounts of its own, which takes root. What reads kubeconfigs
 * is large, and in no pod. `folder` keeps the account's files.
 */
export async function launchAsPod(
  program: readonly string[],
  { kubeconfig, token, folder }: { kubeconfig: string; token: string; folder: string },
): Promise<PodLaunch> {
  const { clusters } = parse(await readFile(kubeconfig, 'utf8')) as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  };
  const { server, 'certificate-authority-data': authority } = clusters[0]!.cluster;
  const account = join(folder, 'account');
  await mkdir(account);
  await writeFile(join(account, 'token'), token, { mode: 0o600 });
  await writeFile(join(account, 'ca.crt'), Buffer.from(authority, 'base64'));
  const mounts = `mount -t tmpfs none /run && mkdir -p ${ACCOUNT_FOLDER} && mount --bind "$0" ${ACCOUNT_FOLDER} && exec "$@"`;
  const { hostname, port } = new URL(server);
  return {
    command: ['unshare', '--mount', 'sh', '-c', mounts, account, ...program],
    env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
  };
}

/** What the image of a component sets by itself: `ENV NAME=VALUE` of its stage in the Dockerfile. */
export async function imageEnvironment(component: string): Promise<Readonly<Record<string, string>>> {
  const stages = (await readFile(DOCKERFILE, 'utf8')).split(/^FROM /m);
  const stage = stages.find((text) => text.startsWith(`runtime AS ${component}\n`));
  if (stage === undefined) throw new Error(`The Dockerfile has no stage "${component}"`);
  return Object.fromEntries(
    [...stage.matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}
