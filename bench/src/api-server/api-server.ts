import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeClient, loadKubeConfig } from '@showrunner/service-kit/kube';
import {
  clusterProgram,
  clusterScript,
  DEFINITION_FILE,
  type ClusterAccess,
  type ClusterProgram,
} from '@showrunner/tests/cluster-stories';
import { eventually, freePorts } from '@showrunner/tests/support';
import { type AuditedWrite, writesIn } from './audit.ts';

/** etcd and kube-apiserver alone, with the definition of LiveStream: no nodes, no controllers, no garbage collection. */
export interface ApiServer extends ClusterAccess {
  readonly kubectl: ClusterProgram;
  /** As an administrator. */
  readonly client: KubeClient;
  /** Every write of a service account so far. */
  writes(): AuditedWrite[];
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** Room for two Services of each of a hundred thousand streams. */
const SERVICE_ADDRESSES = '10.96.0.0/12';

/** Writes of service accounts with what was sent; nothing else. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [
    {
      level: 'Request',
      userGroups: ['system:serviceaccounts'],
      verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
    },
    { level: 'None' },
  ],
};

/** Starts them on free ports with their state in a temporary folder, which is gone when they are closed. */
export async function startApiServer(): Promise<ApiServer> {
  const bin = (await clusterScript('programs')).trim();
  const folder = mkdtempSync(join(tmpdir(), 'showrunner-api-server-'));
  const file = (name: string) => join(folder, name);
  const [port = 0, etcdPort = 0, peerPort = 0] = await freePorts(3);
  const [etcdUrl, peerUrl] = [etcdPort, peerPort].map((port) => `http://${HOST}:${port}`);
  const children: ChildProcess[] = [];
  const start = (program: string, args: string[]) => {
    const child = spawn(join(bin, program), args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.pipe(createWriteStream(file(`${program}.log`)));
    children.unshift(child);
  };
  const close = async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    const token = randomBytes(24).toString('hex');
    writeSecrets(file, token);
    start('etcd', [
      ...['--data-dir', file('etcd'), '--name', 'bench', '--unsafe-no-fsync', '--log-level', 'warn'],
      ...[`--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`],
      ...[`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`],
      `--initial-cluster=bench=${peerUrl}`,
    ]);
    await eventually('etcd to answer', async () => (await fetch(`${etcdUrl}/health`)).ok);
    start('kube-apiserver', [
      ...[`--etcd-servers=${etcdUrl}`, `--bind-address=${HOST}`, `--secure-port=${port}`],
      // Nobody reaches it by the Service `kubernetes`.
      ...['--advertise-address=10.96.0.1', '--endpoint-reconciler-type=none'],
      ...[`--tls-cert-file=${file('tls.crt')}`, `--tls-private-key-file=${file('tls.key')}`, `--cert-dir=${folder}`],
      ...['--service-account-issuer=https://bench', `--service-account-key-file=${file('accounts.pub')}`],
      ...[
        `--service-account-signing-key-file=${file('accounts.key')}`,
        `--service-cluster-ip-range=${SERVICE_ADDRESSES}`,
      ],
      ...['--authorization-mode=RBAC', `--token-auth-file=${file('tokens.csv')}`, '--profiling=false'],
      // Pods are made without the accounts that a controller would make for each namespace.
      '--disable-admission-plugins=ServiceAccount',
      ...[`--audit-policy-file=${file('audit-policy.json')}`, `--audit-log-path=${file('audit.log')}`],
    ]);
    const kubeconfig = file('kubeconfig');
    writeFileSync(kubeconfig, kubeconfigOf(port, readFileSync(file('tls.crt')), token));
    const kubectl = clusterProgram({ kubeconfig, bin }, 'kubectl');
    await eventually('the API server to be ready', () => kubectl(['get', '--raw', '/readyz']), { timeoutMs: 60_000 });
    await kubectl(['apply', '--server-side', '-f', DEFINITION_FILE]);
    await kubectl(['wait', '--for=condition=Established', '-f', DEFINITION_FILE]);
    const client = new KubeClient(await loadKubeConfig(kubeconfig));
    return {
      ...{ kubeconfig, bin, kubectl, client },
      writes: () => writesIn(readFileSync(file('audit.log'), 'utf8')),
      close: async () => {
        await client.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The keys that the API server needs, an administrator's token, and what is audited. */
function writeSecrets(file: (name: string) => string, token: string): void {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(file('accounts.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(file('accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(file('tokens.csv'), `${token},admin,admin,"system:masters"\n`);
  writeFileSync(file('audit-policy.json'), JSON.stringify(AUDIT_POLICY));
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-keyout', file('tls.key'), '-out', file('tls.crt'), '-subj', '/CN=bench'],
      ...['-addext', `subjectAltName=IP:${HOST}`],
    ],
    { stdio: 'ignore' },
  );
}

function kubeconfigOf(port: number, authority: Buffer, token: string): string {
  const cluster = {
    server: `https://${HOST}:${port}`,
    'certificate-authority-data': authority.toString('base64'),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'admin' } }],
    'current-context': 'bench',
  });
}
