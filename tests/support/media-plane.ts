import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';
import { liveStreamYaml, type Showrunner } from './showrunner.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A process of the media's way that can be killed and started again on the same port. */
export interface MediaProcess {
  readonly httpPort: number;
  readonly opsPort: number;
  readonly pid: number;
  output(): string;
  /** Resolves when it takes connections for media. */
  start(): Promise<void>;
  /** Resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The way of media on a cluster: a transcoder in a process of its own, fed over HTTP, and edges before it. */
export interface MediaPlane {
  readonly transcoder: MediaProcess;
  readonly edges: readonly MediaProcess[];
  /** The product's page and API with the media of the first edge: `http://localhost:PORT`, without a slash at the end. */
  readonly http: string;
  close(): Promise<void>;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function mediaProcess(ports: [http: number, ops: number], args: string[], env: NodeJS.ProcessEnv): MediaProcess {
  const [httpPort, opsPort] = ports;
  let child: ChildProcess | undefined;
  let output = '';
  return {
    httpPort,
    opsPort,
    get pid() {
      return child?.pid ?? 0;
    },
    output: () => output,
    async start() {
      const started = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream.on('data', (bytes: Buffer) => (output = (output + bytes.toString()).slice(-100_000)));
      }
      await eventually(
        `${args[0]} to listen`,
        () => {
          if (started.exitCode !== null) throw new Error(`It ended at its start:\n${output}`);
          return isListening(httpPort);
        },
        { everyMs: 20 },
      );
    },
    async stop(signal = 'SIGTERM') {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

function edgeProcess(ports: [http: number, ops: number], transcoderPort: number, drainMs: number): MediaProcess {
  const args = [...ports, transcoderPort, drainMs].map(String);
  return mediaProcess(ports, ['tests/support/edge-process.ts', ...args], process.env);
}

/** An edge before whatever listens on a port of this machine. */
export async function startEdge(ports: [http: number, ops: number], transcoderPort: number): Promise<MediaProcess> {
  const edge = edgeProcess(ports, transcoderPort, 0);
  await edge.start();
  return edge;
}

export interface MediaPlaneOptions {
  readonly edges?: number;
  /** `spec.transcode` of the stream. */
  readonly transcode?: object;
  /** How long a transcoder that is to end goes on with a running show, and an edge with new requests, milliseconds. */
  readonly drainMs?: number;
}

/** For the product's first show, which the product itself ingests. */
export async function startMediaPlane(product: Showrunner, options: MediaPlaneOptions = {}): Promise<MediaPlane> {
  const { edges: count = 1, transcode = {}, drainMs = 1_000 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'showrunner-stream-'));
  const { stdout } = await product.command('flv-url', 'default/live');
  const token = new URL(stdout.trim()).searchParams.get('token') ?? '';
  writeFileSync(join(folder, 'flvToken'), token);
  writeFileSync(join(folder, 'live-stream.json'), liveStreamYaml('live', { transcode }));

  const [gatewayPort = 0, http = 0, ops = 0, ...edgePorts] = await freePorts(3 + 2 * count);
  const transcoder = mediaProcess([http, ops], ['transcoder/src/main.ts'], {
    ...process.env,
    SHOWRUNNER_STREAM_FOLDER: folder,
    SHOWRUNNER_INGEST_URL: product.http,
    SHOWRUNNER_HTTP_PORT: String(http),
    SHOWRUNNER_OPS_PORT: String(ops),
    SHOWRUNNER_DRAIN_MS: String(drainMs),
    SHOWRUNNER_LOG_LEVEL: 'info',
  });
  const edges = Array.from({ length: count }, (_, index) => {
    const [edgeHttp = 0, edgeOps = 0] = edgePorts.slice(2 * index, 2 * index + 2);
    return edgeProcess([edgeHttp, edgeOps], http, drainMs);
  });

  const gateway = createServer((incoming, outgoing) => {
    const port = incoming.url?.startsWith('/hls/') ? edges[0]!.httpPort : product.httpPort;
    const onward = request(
      { host: '127.0.0.1', port, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  gateway.listen(gatewayPort, '127.0.0.1');
  await once(gateway, 'listening');
  await Promise.all([transcoder, ...edges].map((each) => each.start()));
  return {
    transcoder,
    edges,
    http: `http://localhost:${gatewayPort}`,
    close: async () => {
      await Promise.all([transcoder, ...edges].map((each) => each.stop('SIGKILL')));
      gateway.closeAllConnections();
      await new Promise((closed) => gateway.close(closed));
      rmSync(folder, { recursive: true });
    },
  };
}
