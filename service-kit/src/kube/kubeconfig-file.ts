import type { RequestOptions } from 'node:https';
import type { KubeConfig as Kubeconfig } from '@kubernetes/client-node';
import { type KubeConfig, KubeConfigError, type KubeCredentials, renewed } from './kube-config.ts';

/** What the library falls back to where it finds nothing. */
const NOTHING = 'http://localhost:8080';

/**
 * The Kubernetes API of a kubeconfig: of `file`, else of those that KUBECONFIG names, else of `~/.kube/config`, with all ways
 * to log in that the library of Kubernetes knows. Where the server refuses, everything is read anew. Throws KubeConfigError.
 */
export async function fromKubeconfig(file?: string): Promise<KubeConfig> {
  let config = await read(file);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || server === NOTHING) {
    throw new KubeConfigError('No Kubernetes API is named: set KUBECONFIG to a file, or write ~/.kube/config.');
  }
  return renewed(server, async (refused) => {
    // The library keeps tokens for a while, whatever becomes of them.
    if (refused) config = await read(file);
    return credentialsOf(config);
  });
}

async function read(file: string | undefined): Promise<Kubeconfig> {
  // Only where it is needed: it is large, and not in the images.
  const library = await import('@kubernetes/client-node').catch((cause: unknown) => {
    throw new KubeConfigError(
      (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
        ? 'No Kubernetes API is named: this image reads no kubeconfig, and its pod has no service account token.'
        : `The library that reads kubeconfigs cannot be loaded: ${(cause as Error).message}.`,
    );
  });
  const config = new library.KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    throw new KubeConfigError(`The Kubernetes configuration cannot be read: ${(error as Error).message}.`);
  }
  return config;
}

async function credentialsOf(config: Kubeconfig): Promise<KubeCredentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, servername, rejectUnauthorized, headers, auth } = options;
  const authorization = auth
    ? `Basic ${Buffer.from(auth).toString('base64')}`
    : (headers as Readonly<Record<string, string>> | undefined)?.['Authorization'];
  return {
    tls: {
      ...pem('ca', ca),
      ...pem('cert', cert),
      ...pem('key', key),
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    },
    ...(authorization === undefined ? {} : { authorization }),
  };
}

/** The library reads files and decodes what stands in the kubeconfig, and gives either as bytes. */
function pem<Name extends 'ca' | 'cert' | 'key'>(name: Name, value: unknown): { [N in Name]?: string } {
  return Buffer.isBuffer(value) ? ({ [name]: value.toString('utf8') } as { [N in Name]?: string }) : {};
}
