import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { eventually } from '../../support/index.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The web pod's process, on this machine. */
export interface WebProcess {
  readonly pid: number;
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly http: string;
  readonly ops: string;
  /** What it has logged. */
  log(): string;
  /** SIGTERM, then how it ended. SIGKILL after 20 s. Idempotent. */
  stop(): Promise<{ code: number | null; afterMs: number }>;
}

/** `env` without the prefix of our settings: `{ NAMESPACES: 'a,b' }`. Waits until it listens. */
export async function startWeb(
  env: Readonly<Record<string, string>>,
  kubeconfig = inject('cluster').kubeconfig,
): Promise<WebProcess> {
  const settings = Object.entries({ HOST: '127.0.0.1', HTTP_PORT: '0', OPS_PORT: '0', ...env });
  const child = spawn(process.execPath, ['web/api/main.ts'], {
    cwd: ROOT,
    env: {
      ...process.env,
      KUBECONFIG: kubeconfig,
      ...Object.fromEntries(settings.map(([name, value]) => [`SHOWRUNNER_${name}`, value])),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  let stopping: ReturnType<WebProcess['stop']> | undefined;
  const stop = () =>
    (stopping ??= (async () => {
      const began = performance.now();
      const hard = setTimeout(() => child.kill('SIGKILL'), 20_000);
      child.kill('SIGTERM');
      const code = await exited;
      clearTimeout(hard);
      return { code, afterMs: performance.now() - began };
    })());
  const listening = eventually('the web process to listen', () => {
    const line = log.split('\n').find((text) => text.includes('"listening"'));
    return line === undefined ? undefined : (JSON.parse(line) as { ports: { http: number; ops: number } }).ports;
  });
  const ended = exited.then((code) => {
    throw new Error(`The web process ended with ${code}: ${log}`);
  });
  try {
    const ports = await Promise.race([listening, ended]);
    const at = (port: number) => `http://127.0.0.1:${port}`;
    return { pid: child.pid ?? 0, http: at(ports.http), ops: at(ports.ops), log: () => log, stop };
  } catch (error) {
    listening.catch(() => undefined);
    await stop();
    throw error;
  } finally {
    ended.catch(() => undefined);
  }
}
