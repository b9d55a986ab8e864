import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { type KubeConfig, KubeConfigError, renewed } from './kube-config.ts';

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The API as a pod's service account reaches it; undefined outside of pods and in those without an account. Read without the
 * library of Kubernetes, which takes 50 to 90 MB and a third of a second of every pod that loads it.
 */
export function serviceAccount(
  env: Readonly<Record<string, string | undefined>>,
  folder = FOLDER,
  now?: () => number,
): KubeConfig | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'] || '443';
  const tokenFile = join(folder, 'token');
  if (!host || !existsSync(tokenFile)) return undefined;
  const read = (file: string) =>
    readFile(file, 'utf8').catch((error: unknown) => {
      throw new KubeConfigError(`The service account's file ${file} cannot be read: ${(error as Error).message}.`);
    });
  return renewed(
    `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    async () => {
      const [token, ca] = await Promise.all([read(tokenFile), read(join(folder, 'ca.crt'))]);
      return { tls: { ca }, authorization: `Bearer ${token.trim()}` };
    },
    now,
  );
}
