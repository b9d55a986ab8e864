import { ConfigError } from '../config.ts';

/** How a connection to the API server is secured. PEM texts. */
export interface KubeTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name that the server's certificate must have, where it is not that of the address. */
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface KubeCredentials {
  readonly tls: KubeTls;
  /** The header; absent where the certificate says who asks. */
  readonly authorization?: string;
}

/** Where a Kubernetes API is, and as whom it is asked. */
export interface KubeConfig {
  /** `https://10.96.0.1:443`, without a slash at its end. */
  readonly server: string;
  /** For the next request. `refused` says that the server took the last ones for those of a stranger. */
  credentials(options?: { readonly refused: boolean }): Promise<KubeCredentials>;
}

/** Thrown where no Kubernetes API is named, or what names it cannot be used. */
export class KubeConfigError extends ConfigError {
  constructor(sentence: string) {
    super([sentence]);
  }
}

/** Tokens of pods are renewed when a fifth of their time is left; client-go reads them as often. */
const READ_AGAIN_MS = 60_000;

/**
 * A configuration whose credentials are read again once they are a minute old or were refused, once for all who ask
 * meanwhile. Where that fails, those at hand are used until they are refused.
 */
export function renewed(
  server: string,
  read: (refused: boolean) => Promise<KubeCredentials>,
  now: () => number = () => performance.now(),
): KubeConfig {
  let kept: { readonly credentials: KubeCredentials; readonly at: number } | undefined;
  let reading: Promise<KubeCredentials> | undefined;

  async function readNow(refused: boolean): Promise<KubeCredentials> {
    try {
      kept = { credentials: await read(refused), at: now() };
    } catch (error) {
      if (refused || !kept) throw error;
      kept = { ...kept, at: now() };
    }
    return kept.credentials;
  }

  return {
    server: server.replace(/\/$/, ''),
    credentials({ refused } = { refused: false }) {
      if (kept && !refused && now() - kept.at < READ_AGAIN_MS) return Promise.resolve(kept.credentials);
      return (reading ??= readNow(refused).finally(() => (reading = undefined)));
    },
  };
}
