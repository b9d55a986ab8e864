import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Registry } from '@prometheus-io/client';
import { createLogger, type FlvSink, type FlvTag, type StreamRef } from '@showrunner/service-kit';
import type { Admission, AdmissionPolicy } from '../admission/admission.ts';
import { hashStreamKey } from '@showrunner/service-kit';
import type { IngestConfigInput } from '../config.ts';
import { refusal, type Refusal, type RefusedClient } from '../errors.ts';
import { createIngest, type Ingest, type IngestOptions } from '../ingest.ts';

export const STREAM: StreamRef = { namespace: 'default', name: 'live' };
const KEY = 'a-good-key';
export const FLV_TOKEN = 'reader-token';

/** An admission that knows one key, and changes its mind when told to. */
export function oneKey(
  policy: Partial<AdmissionPolicy> = {},
): Admission & { bar(refused: Refusal): void; slowDown(ms: number): void } {
  const listeners = new Set<(stream: StreamRef) => void>();
  let barred: Refusal | undefined;
  let slowness = 0;
  const terms: AdmissionPolicy = { takeover: 'newest', reconnectGraceMs: 1_000, idleTimeoutMs: 5_000, ...policy };
  return {
    async admit(key) {
      await new Promise((resolve) => setTimeout(resolve, slowness));
      if (key !== KEY) return { admitted: false, refusal: refusal('unknown-key') };
      if (barred) return { admitted: false, refusal: barred };
      return { admitted: true, stream: STREAM, uid: undefined, policy: terms, keyHash: hashStreamKey(key) };
    },
    review: (grant) => (barred ? { admitted: false, refusal: barred } : grant),
    barred: () => barred,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    slowDown: (ms) => void (slowness = ms),
    bar(refused) {
      barred = refused;
      for (const listener of listeners) listener(STREAM);
    },
  };
}

export async function startIngest(options: {
  admission: Admission;
  registry: Registry;
  config?: IngestConfigInput;
  onRefused?: (client: RefusedClient) => void;
  /** What makes it; `createIngest` unless said otherwise. */
  create?: (options: IngestOptions) => Ingest;
}): Promise<Ingest> {
  const ingest = (options.create ?? createIngest)({
    admission: options.admission,
    registry: options.registry,
    config: { host: '127.0.0.1', port: 0, wrongKeyDelayMs: 20, ...options.config },
    flvToken: FLV_TOKEN,
    ...(options.onRefused && { onRefused: options.onRefused }),
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
  await ingest.start();
  return ingest;
}

/** ffmpeg that publishes a moving picture and a tone. */
export function push(
  port: number,
  options: { key?: string; app?: string; seconds?: number; args?: string; scheme?: 'rtmp' | 'rtmps' } = {},
) {
  const {
    key = KEY,
    app = 'live',
    seconds = 2,
    scheme = 'rtmp',
    args = '-c:v libx264 -preset ultrafast -tune zerolatency -g 15',
  } = options;
  const input = '-re -f lavfi -i testsrc2=size=320x180:rate=30 -re -f lavfi -i sine=sample_rate=48000';
  const output = `${scheme}://127.0.0.1:${port}/${app}/${key}`;
  const argv = `-v error -nostdin ${input} -t ${seconds} ${args} -pix_fmt yuv420p -c:a aac -f flv ${output}`;
  const child: ChildProcess = spawn('ffmpeg', argv.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString()));
  return { child, ended: once(child, 'close').then(() => said) };
}

/** A reader that keeps what it hears. */
export function recorder(): FlvSink & { heard: string[]; tags: FlvTag[] } {
  const heard: string[] = [];
  const tags: FlvTag[] = [];
  return {
    heard,
    tags,
    publisherStarted: () => void heard.push('started'),
    tag: (tag) => void tags.push(tag),
    publisherStopped: (reason) => void heard.push(`stopped: ${reason}`),
    showEnded: (reason) => void heard.push(`ended: ${reason}`),
  };
}

export async function until(condition: () => boolean, ms = 8_000): Promise<void> {
  const end = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${condition.toString()} did not come true within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
