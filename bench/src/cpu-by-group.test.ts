import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { cpuBetween, readCpu } from './cpu-by-group.ts';

it('tells each group its share of all processors', () => {
  const reading = (at: number, busy: number, ingest: number, other: number) => ({
    ...{ at, busy: busy * availableParallelism() },
    processes: new Map([
      [1, { command: 'node /app/ingest.js', seconds: ingest * availableParallelism() }],
      [2, { command: 'node /app/other.js', seconds: other * availableParallelism() }],
    ]),
  });
  const { busy, groups } = cpuBetween(reading(0, 5, 1, 1), reading(10_000, 12, 3, 2), {
    ingest: /ingest/,
    node: /node/,
  });
  expect(busy).toBeCloseTo(0.7);
  expect(groups['ingest']).toBeCloseTo(0.2);
  expect(groups['node']).toBeCloseTo(0.1);
});

it('reads this machine', () => {
  const before = readCpu();
  const until = performance.now() + 200;
  while (performance.now() < until);
  const { busy, groups } = cpuBetween(before, readCpu(), { all: /./ });
  expect(busy).toBeGreaterThan(0);
  expect(groups['all']).toBeGreaterThan(0.1 / availableParallelism());
});
