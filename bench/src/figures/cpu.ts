import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, startShowrunner, type Publisher } from '@showrunner/tests/support';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { startNginxPeer } from '../nginx-peer.ts';
import { median, say, type Figure, type FigureRow } from '../report.ts';

/** The goals: CPU against nginx-rtmp with `hls on`, by number of streams. */
const GOALS: Record<number, number> = { 10: 1.0, 40: 0.8 };
const ROUNDS = 3;
/** From the first publisher until playlists are full and buffers have their size. */
const SETTLING_MS = 15_000;

/** CPU seconds per stream and minute while all URLs are pushed to. */
async function perStreamMinute(pid: number, file: string, urls: readonly string[], seconds: number): Promise<number> {
  const publishers: Publisher[] = [];
  try {
    for (const url of urls) {
      publishers.push(pushFile(file, url));
      // Keyframes of real streamers do not fall together.
      await sleep(2_000 / urls.length);
    }
    await sleep(SETTLING_MS);
    const [cpuBefore, before] = [cpuSeconds(pid), performance.now()];
    await sleep(seconds * 1_000);
    const [cpu, ms] = [cpuSeconds(pid) - cpuBefore, performance.now() - before];
    const ended = await Promise.race([Promise.any(publishers.map(({ exited }) => exited)), sleep(0)]);
    if (ended) throw new Error('A publisher ended during the measurement');
    return cpu / urls.length / (ms / 60_000);
  } finally {
    await Promise.all(publishers.map((publisher) => publisher.kill()));
  }
}

async function compare(streams: number, seconds: number, file: string): Promise<FigureRow> {
  const names = Array.from({ length: streams }, (_, index) => `load-${index}`);
  const measureOurs = async () => {
    const product = await startShowrunner();
    try {
      const keys = await product.applyAll(names, {});
      return await perStreamMinute(
        product.pid,
        file,
        keys.map((key) => `${product.rtmpServer}/${key}`),
        seconds,
      );
    } finally {
      await product.stop();
    }
  };
  const measurePeer = async () => {
    const nginx = await startNginxPeer();
    try {
      return await perStreamMinute(
        nginx.pid,
        file,
        names.map((name) => `${nginx.rtmpServer}/${name}`),
        seconds,
      );
    } finally {
      await nginx.stop();
    }
  };
  const [ours, peers]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    // The order alternates, so that a machine that warms up or tires favours neither.
    const turns = [async () => ours.push(await measureOurs()), async () => peers.push(await measurePeer())];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
    say(
      `${streams} streams, round ${round + 1}: ours ${ours.at(-1)?.toFixed(3)}, nginx-rtmp ${peers.at(-1)?.toFixed(3)}`,
    );
  }
  const [our, peer] = [median(ours), median(peers)];
  const goal = GOALS[streams];
  return {
    what: `CPU per passthrough stream-minute, ${streams} streams`,
    ours: `${our.toFixed(3)} s`,
    peer: `${peer.toFixed(3)} s`,
    ratio: our / peer,
    goal: goal === undefined ? '-' : `<= ${goal.toFixed(1)}x`,
    met: goal === undefined || our / peer <= goal,
  };
}

export const cpu: Figure = {
  name: 'cpu',
  describes: 'CPU of ingest and packaging per passthrough stream, 720p30 2.6 Mbit/s, beside nginx-rtmp with hls on',
  home: 'laptop',
  run: async ({ streams, seconds }) => {
    const file = await encodeShow();
    const rows: FigureRow[] = [];
    for (const count of streams === undefined ? [10, 40] : [streams]) rows.push(await compare(count, seconds, file));
    return rows;
  },
};
