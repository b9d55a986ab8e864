import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import { httpGet } from './http-get.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'standalone/src/main.ts');

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CommandResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

export interface ShowrunnerOptions {
  /** Data folder; a new temporary one, removed at the end, where none is given. */
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running product, started like a person starts it, and the lines it printed. */
export interface Showrunner {
  readonly pid: number;
  readonly data: string;
  /** `http://localhost:PORT`, without a slash at the end. */
  readonly http: string;
  readonly httpPort: number;
  readonly rtmpPort: number;
  /** The printed watch page of the first show. */
  readonly watchUrl: string;
  /** The printed `rtmp://localhost:PORT/live`. */
  readonly rtmpServer: string;
  /** The printed key of the first show. */
  readonly streamKey: string;
  readonly startedInMs: number;
  readonly exited: Promise<Exit>;
  /** Everything it has printed so far, both streams. */
  output(): string;
  /** Runs the `showrunner` command on the same data folder. */
  command(...args: string[]): Promise<CommandResult>;
  /** Applies YAML and waits until the show has a key; returns the key. `namespace` is `default` where none is named. */
  apply(name: string, yaml: string, namespace?: string): Promise<string>;
  /** Applies several shows with the same spec, each with a Secret of its own; returns their keys in the same order. */
  applyAll(names: readonly string[], spec: object): Promise<string[]>;
  /** The phase that the API tells of a show. */
  phase(name?: string): Promise<string>;
  masterUrl(name?: string): string;
  /** Where a publisher with this key pushes to. */
  publishUrl(key?: string): string;
  /** Ctrl-C, then waits for the end. SIGKILL after 15 s. Idempotent; returns how it ended. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

/** The YAML of a LiveStream with a spec given as JSON (which YAML contains). */
export function liveStreamYaml(name: string, spec: object): string {
  return JSON.stringify({ apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: { name }, spec });
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

export async function startShowrunner(options: ShowrunnerOptions = {}): Promise<Showrunner> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'showrunner-story-'));
  const [httpPort = 0, rtmpPort = 0] = await freePorts(2);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...options.env,
    SHOWRUNNER_HTTP_PORT: String(httpPort),
    SHOWRUNNER_RTMP_PORT: String(rtmpPort),
    SHOWRUNNER_DATA: data,
  };
  const began = performance.now();
  const child = run(['start'], env);
  const exited = exitOf(child);
  let output = '';
  const printed = await new Promise<{ watch: string; server: string; key: string }>((resolve, reject) => {
    const overdue = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`Showrunner did not print its three lines within 30 s:\n${output}`));
    }, 30_000);
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const watch = /Watch\s+(http\S+)/.exec(output)?.[1];
      const server = /Server\s+(rtmp\S+)/.exec(output)?.[1];
      const key = /Stream Key\s+(\S+)\s/.exec(output)?.[1];
      if (!watch || !server || !key) return;
      clearTimeout(overdue);
      resolve({ watch, server, key });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    void exited.then(({ code, signal }) => {
      clearTimeout(overdue);
      reject(new Error(`Showrunner ended at its start (${signal ?? code}):\n${output}`));
    }, reject);
  }).catch((error: unknown) => {
    if (!options.data) rmSync(data, { recursive: true, force: true });
    throw error;
  });
  const startedInMs = performance.now() - began;
  const http = `http://localhost:${httpPort}`;

  async function command(...args: string[]): Promise<CommandResult> {
    const process_ = run(args, env);
    let stdout = '';
    let stderr = '';
    process_.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    process_.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const exit = await new Promise<Exit>((resolve, reject) => {
      process_.once('error', reject);
      process_.once('close', (code, signal) => resolve({ code, signal }));
    });
    return { ...exit, stdout, stderr };
  }

  async function applyFile(name: string, yaml: string): Promise<void> {
    const file = join(data, `${name}.story.yaml`);
    writeFileSync(file, yaml);
    const applied = await command('apply', '-f', file);
    if (applied.code !== 0) throw new Error(`apply of ${name} failed: ${applied.stdout}${applied.stderr}`);
  }

  async function apply(name: string, yaml: string, namespace = 'default'): Promise<string> {
    await applyFile(name, yaml);
    // The key is made by the running product, a moment after the resource appears.
    let last: CommandResult | undefined;
    for (let attempt = 0; attempt < 20; attempt += 1) {
      last = await command('key', `${namespace}/${name}`);
      const key = last.stdout.trim().split(/\s+/).at(-1);
      if (last.code === 0 && key) return key;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`No key of ${name}: ${last?.stdout}${last?.stderr}`);
  }

  async function phase(name = 'live'): Promise<string> {
    const { status, body } = await httpGet(`${http}/api/v1/live-streams/default/${name}/state`);
    if (status !== 200) return `status ${status}`;
    return (JSON.parse(body.toString()) as { phase: string }).phase;
  }

  async function applyAll(names: readonly string[], spec: object): Promise<string[]> {
    const keys = names.map(() => randomBytes(24).toString('base64url'));
    const documents = names.flatMap((name, index) => [
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: `${name}-own-key` },
        stringData: { streamKey: keys[index] },
      }),
      liveStreamYaml(name, { ...spec, ingest: { keySecretRef: { name: `${name}-own-key` } } }),
    ]);
    await applyFile('shows', documents.join('\n---\n'));
    for (const name of names) {
      await eventually(`${name} to be ready for its publisher`, async () => {
        return ['Ready', 'Ended'].includes(await phase(name));
      });
    }
    return keys;
  }

  let stopping: Promise<Exit> | undefined;
  function stop(signal: NodeJS.Signals = 'SIGINT'): Promise<Exit> {
    stopping ??= (async () => {
      const hard = setTimeout(() => child.kill('SIGKILL'), 15_000);
      child.kill(signal);
      const exit = await exited;
      clearTimeout(hard);
      if (!options.data) rmSync(data, { recursive: true, force: true });
      return exit;
    })();
    return stopping;
  }

  return {
    pid: child.pid ?? 0,
    data,
    http,
    httpPort,
    rtmpPort,
    watchUrl: printed.watch,
    rtmpServer: printed.server,
    streamKey: printed.key,
    startedInMs,
    exited,
    output: () => output,
    command,
    apply,
    applyAll,
    phase,
    publishUrl: (key = printed.key) => `${printed.server}/${key}`,
    masterUrl: (name = 'live') => `${http}/hls/default/${name}/master.m3u8`,
    stop,
  };
}
