import { randomBytes } from 'node:crypto';
import { eventually } from '../../support/eventually.ts';
import { type ClusterProgram } from './cluster-program.ts';

/** What `restricted` of the Pod Security Standards asks of a container, and a root that nobody writes to. */
const SECURITY_CONTEXT = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

export interface OneShot {
  readonly image: string;
  /** Arguments of the image's program. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface PodEnd {
  readonly exitCode: number;
  readonly log: string;
}

interface Pod {
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly state: {
        readonly terminated?: { readonly exitCode: number };
        readonly waiting?: { readonly message?: string };
      };
    }[];
  };
}

/** Runs an image in a pod of a story's namespace to its end; what it may write to is /tmp. */
export async function oneShotPod(kubectl: ClusterProgram, { image, args, env = {} }: OneShot): Promise<PodEnd> {
  const name = `one-shot-${randomBytes(3).toString('hex')}`;
  const container = {
    ...{ name: 'main', image, args, imagePullPolicy: 'IfNotPresent', securityContext: SECURITY_CONTEXT },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
  };
  const spec = {
    containers: [container],
    volumes: [{ name: 'tmp', emptyDir: {} }],
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
  };
  await kubectl(['create', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }),
  });
  const { exitCode } = await eventually(
    `the end of ${name} (${image})`,
    async () => {
      const { status } = JSON.parse(await kubectl(['get', 'pod', name, '-o', 'json'])) as Pod;
      const state = status.containerStatuses?.[0]?.state;
      if (state?.waiting?.message) throw new Error(state.waiting.message);
      return state?.terminated;
    },
    { timeoutMs: 60_000, everyMs: 250 },
  );
  return { exitCode, log: await kubectl(['logs', name]) };
}
