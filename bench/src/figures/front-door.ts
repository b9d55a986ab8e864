import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, type Publisher } from '@showrunner/tests/support';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { median, say, type Figure, type FigureRow } from '../report.ts';

const STREAMS = 10;
const ROUNDS = 3;
const SETTLING_MS = 8_000;
const GOAL = 0.5;

interface RtmpProcess {
  readonly pid: number;
  readonly port: number;
  readonly stop: () => void;
}

async function start(...args: string[]): Promise<RtmpProcess> {
  const script = fileURLToPath(new URL('../rtmp-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid ?? 0, port: Number(printed.toString()), stop: () => void child.kill('SIGKILL') };
}

/** CPU seconds per stream-minute, all measured at the same time. */
interface Costs {
  readonly frontDoor: number;
  /** An ingest that takes one stream, as a pod does. */
  readonly pod: number;
  /** An ingest that takes as many as the front door. */
  readonly ingest: number;
}

async function round(streams: number, seconds: number, file: string): Promise<Costs> {
  const processes: RtmpProcess[] = [];
  const publishers: Publisher[] = [];
  const run = async (...args: string[]): Promise<RtmpProcess> => {
    const process = await start(...args);
    processes.push(process);
    return process;
  };
  try {
    const count = String(streams);
    const [pod, ingest, behind] = [await run('ingest', '1'), await run('ingest', count), await run('ingest', count)];
    const door = await run('front-door', count, String(behind.port));
    const push = (port: number, name: string) =>
      publishers.push(pushFile(file, `rtmp://127.0.0.1:${port}/live/${name}`));
    push(pod.port, 'load-0');
    for (let index = 0; index < streams; index += 1) {
      for (const { port } of [ingest, door]) push(port, `load-${index}`);
      await sleep(2_000 / streams);
    }
    await sleep(SETTLING_MS);
    const began = performance.now();
    const measured = [door, pod, ingest].map(({ pid }) => ({ pid, before: cpuSeconds(pid) }));
    await sleep(seconds * 1_000);
    const minutes = (performance.now() - began) / 60_000;
    const ended = await Promise.race([Promise.any(publishers.map(({ exited }) => exited)), sleep(0)]);
    if (ended) throw new Error('A publisher ended during the measurement');
    const [ofDoor = 0, ofPod = 0, ofIngest = 0] = measured.map(
      ({ pid, before }) => (cpuSeconds(pid) - before) / minutes,
    );
    return { frontDoor: ofDoor / streams, pod: ofPod, ingest: ofIngest / streams };
  } finally {
    await Promise.all(publishers.map((publisher) => publisher.kill()));
    for (const { stop } of processes) stop();
  }
}

export const frontDoor: Figure = {
  name: 'front-door',
  describes: 'CPU of the front door per spliced stream, 720p30 2.6 Mbit/s, beside that of ingests',
  home: 'laptop',
  run: async ({ streams = STREAMS, seconds }) => {
    const file = await encodeShow();
    const costs: Costs[] = [];
    for (let turn = 1; turn <= ROUNDS; turn += 1) {
      const cost = await round(streams, seconds, file);
      costs.push(cost);
      const [door, pod, ingest] = [cost.frontDoor, cost.pod, cost.ingest].map((value) => value.toFixed(3));
      say(`${streams} streams, round ${turn}: front door ${door}, pod of one stream ${pod}, ingest of all ${ingest}`);
    }
    const ours = median(costs.map((cost) => cost.frontDoor));
    const row = (what: string, peer: number, goal?: number): FigureRow => ({
      what: `CPU of the front door per stream-minute, ${streams} streams, beside ${what}`,
      ours: `${ours.toFixed(3)} s`,
      peer: `${peer.toFixed(3)} s`,
      ratio: ours / peer,
      goal: goal === undefined ? '-' : `<= ${goal.toFixed(1)}x`,
      met: goal === undefined || ours / peer <= goal,
    });
    return [
      row('the ingest pod of one stream', median(costs.map(({ pod }) => pod)), GOAL),
      row('one ingest that takes them all', median(costs.map(({ ingest }) => ingest))),
    ];
  },
};
