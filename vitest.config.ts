import { defineConfig } from 'vitest/config';

/**
 * Unit tests live beside their files; stories under tests/ use real ffmpeg and Chromium, three files at a time, and those that claim
 * how soon something is seen one after the other. Those on a real Kubernetes have namespaces of their own, and run two at a time.
 *
 * All stories have to do with time, and on a machine that others share it may be the machine that stood still: they are told once
 * more before they count as failed, and `npm test` tells the files that failed once more, alone. What the product does too late,
 * it does too late each time. On a Kubernetes only the second holds: a test there goes on with the show and the installation of
 * those before it, and told again it would take for granted what went wrong the first time; its file begins with new ones. Unit
 * tests are run once more where nobody watches who could do that.
 */
const STORIES = { retry: 1 } as const;
/** The chart's other tests want nothing of a cluster but its Helms. */
const CHART_ON_A_CLUSTER = 'charts/test/accepted.test.ts';
const UNIT = { retry: process.env['CI'] === 'true' ? 1 : 0 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...UNIT,
          name: 'unit',
          include: [
            '{crds,service-kit,operator,ingest,transcoder,web,standalone,charts/generate,docs,bench,scripts}/**/*.test.{ts,mjs}',
          ],
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 20_000,
          // They wait more than they work.
          maxWorkers: 5,
          // Most are over sooner than their imports; no module of ours keeps anything between two tests.
          isolate: false,
        },
      },
      {
        test: {
          ...STORIES,
          name: 'stories',
          include: ['tests/*.test.ts', 'tests/support/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 3,
        },
      },
      {
        test: {
          ...STORIES,
          name: 'in-real-time',
          include: ['tests/in-real-time/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'cluster',
          include: [
            'charts/test/*.test.ts',
            'tests/cluster-stories/*.test.ts',
            'tests/cluster-stories/support/*.test.ts',
          ],
          exclude: ['**/node_modules/**', CHART_ON_A_CLUSTER],
          globalSetup: ['tests/cluster-stories/support/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'cluster-long',
          include: [CHART_ON_A_CLUSTER, 'tests/cluster-stories/long/*.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['tests/cluster-stories/support/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
