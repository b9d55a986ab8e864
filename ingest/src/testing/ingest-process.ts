import { spawn } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashStreamKey } from '@showrunner/service-kit';

/** The folder that a pod has mounted, with a stream `shows/live` in it. */
export interface MountedStream {
  readonly path: string;
  /** Replaces what the stream's spec and its keys are, the token, and since when its show is on air. */
  write(stream: { keys?: readonly string[]; spec?: object; token?: string; startedAt?: string }): void;
  remove(): void;
}

const MOUNTED = { namespace: 'shows', name: 'live' };

export function mountStream(): MountedStream {
  const path = mkdtempSync(join(tmpdir(), 'mounted-stream-'));
  const put = (name: string, content: string): void => {
    writeFileSync(join(path, `${name}.new`), content);
    renameSync(join(path, `${name}.new`), join(path, name));
  };
  return {
    path,
    write({ keys = ['a-good-key'], spec = {}, token = 'token', startedAt }) {
      put('flvToken', token);
      const keyHashes = keys.map((key) => ({ sha256: hashStreamKey(key) }));
      const status = { ingest: { keyHashes }, startedAt };
      const head = { apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: MOUNTED };
      put('live-stream.json', JSON.stringify({ ...head, spec, status }));
    },
    remove: () => rmSync(path, { recursive: true }),
  };
}

export interface PodProcess {
  readonly pid: number;
  /** As logged when it was ready. */
  readonly ports: Readonly<Record<string, number>>;
  readonly log: readonly string[];
  /** Sends the signal and answers the exit code, once there is one. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  readonly exited: Promise<number | null>;
}

/** Runs a `main.ts` of this workspace with the settings (`SHOWRUNNER_*` without that prefix), until it says `ready`. */
async function startProcess(main: string, settings: Record<string, string>): Promise<PodProcess> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env: Record<string, string | undefined> = { PATH, NODE_COMPILE_CACHE, SHOWRUNNER_HOST: '127.0.0.1' };
  for (const [name, value] of Object.entries(settings)) env[`SHOWRUNNER_${name}`] = value;
  const script = fileURLToPath(new URL(`../${main}`, import.meta.url));
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log: string[] = [];
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const ready = new Promise<Record<string, number>>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.push(line);
      const { msg, ports } = JSON.parse(line) as { msg: string; ports?: Record<string, number> };
      if (msg === 'ready' && ports) resolve(ports);
    });
    child.stderr.on('data', (bytes: Buffer) => log.push(bytes.toString()));
    void exited.then((code) => reject(new Error(`It ended with ${code}: ${log.join('\n')}`)));
  });
  return {
    pid: child.pid ?? 0,
    ports: await ready,
    log,
    exited,
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

/** The ingest pod of the mounted stream, as a process of its own. */
export function startIngestProcess(stream: MountedStream, settings: Record<string, string> = {}): Promise<PodProcess> {
  return startProcess('main.ts', {
    STREAM_FOLDER: stream.path,
    RTMP_PORT: '0',
    HTTP_PORT: '0',
    OPS_PORT: '0',
    ...settings,
  });
}
