import { setTimeout as sleep } from 'node:timers/promises';
import { type Publisher } from '@showrunner/tests/support';
import { keyedStream, type MeasuredPlatform, onPlatform } from '../cluster/on-platform.ts';
import { cpuBetween, readCpu } from '../cpu-by-group.ts';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { PartWatch } from '../part-watch.ts';
import { percentile, say, type Figure } from '../report.ts';

/** Shows that are added at a time. */
const STEP = 6;
const MOST = 60;
const READY_MS = 90_000;
const SETTLING_MS = 12_000;
const MEASURED_MS = 15_000;
/** PART-HOLD-BACK of parts of 200 ms, which players keep as their distance. */
const LATE_MS = 600;
/** Who spends the node's processor time. */
const GROUPS = {
  ingest: /\/app\/ingest\.js/,
  transcoder: /\/app\/transcoder\.js/,
  'front door': /\/app\/front-door\.js/,
  edge: /\/app\/edge\.js/,
  'operator and web': /\/app\/(?:operator|web)\.js/,
  'publishers and viewers': /ffmpeg|bench\/src\/main\.ts/,
  Kubernetes: /kube|etcd|containerd|coredns|runc/,
};

interface Step {
  readonly shows: number;
  readonly late: number;
  /** What the step came to. */
  readonly said: string;
}

/** Adds shows until one cannot be started, or until a part is late. */
async function ramp(measured: MeasuredPlatform): Promise<{ steps: Step[]; limit: string }> {
  const { platform } = measured;
  const file = await encodeShow();
  const publishers: Publisher[] = [];
  const watches: PartWatch[] = [];
  const steps: Step[] = [];
  try {
    while (watches.length < MOST) {
      const names = Array.from({ length: STEP }, (_, index) => `show-${watches.length + index}`);
      const streams = await Promise.all(names.map((name) => keyedStream(measured, name)));
      await Promise.all(streams.map((stream) => stream.apply()));
      try {
        await Promise.all(names.map((name) => platform.untilReady(name, READY_MS)));
      } catch (error) {
        return { steps, limit: `${watches.length + STEP} do not start: ${(error as Error).message}` };
      }
      for (const { name, key } of streams) {
        publishers.push(pushFile(file, `${platform.rtmpUrl}/${key}`));
        const watch = new PartWatch();
        watches.push(watch);
        watch.start(platform.playlistUrl(name));
      }
      await sleep(SETTLING_MS);
      const [since, before] = [performance.now(), readCpu()];
      const failuresBefore = watches.reduce((sum, { failures }) => sum + failures, 0);
      await sleep(MEASURED_MS);
      const { busy, groups } = cpuBetween(before, readCpu(), GROUPS);
      const failures = watches.reduce((sum, { failures }) => sum + failures, 0) - failuresBefore;
      const lateness = watches.map((watch) => watch.lateness(since));
      const silent = lateness.filter(({ length }) => length === 0).length;
      const all = lateness.flat();
      const late = all.filter((ms) => ms > LATE_MS).length + silent + failures;
      const shares = Object.entries(groups).map(([name, share]) => `${name} ${(100 * share).toFixed(0)} %`);
      const said =
        `${watches.length} shows: ${all.length} parts, p99 ${percentile(all, 0.99).toFixed(0)} ms and at most ` +
        `${percentile(all, 1).toFixed(0)} ms late; processors ${(100 * busy).toFixed(0)} % busy (${shares.join(', ')})`;
      say(said);
      steps.push({ shows: watches.length, late, said });
      if (late > 0) {
        const what = `${late} late parts, failed requests or silent shows`;
        return { steps, limit: `${what} at ${said}` };
      }
    }
    return { steps, limit: `nothing up to ${MOST}` };
  } finally {
    await Promise.all(watches.map((watch) => watch.close()));
    await Promise.all(publishers.map((publisher) => publisher.kill()));
  }
}

export const showsPerNode: Figure = {
  name: 'shows-per-node',
  describes: 'shows on one node, with publishers, viewers and Kubernetes itself on it, before a part is late',
  home: 'cluster',
  run: async () => {
    const { steps, limit } = await onPlatform('crowd', ramp);
    const most = steps.findLast(({ late }) => late === 0)?.shows ?? 0;
    say(`the limit: ${limit}`);
    return [{ what: `shows without a part later than ${LATE_MS} ms`, ours: String(most), goal: 'counted', met: true }];
  },
};
