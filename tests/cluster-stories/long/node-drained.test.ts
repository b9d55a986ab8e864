import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, untilGoesOn, untilPlaying, type HlsReader } from '../../support/index.ts';
import { clusterProgram, openStudio, type Platform, type Studio } from '../support/index.ts';

/** How long pods that have to go go on with their show. */
const DRAIN_S = 12;
const LABEL = 'showrunner.dev/live-stream';

const cluster = inject('cluster');
const kubectl = clusterProgram(cluster, 'kubectl');

describe('a show on a node that is drained', () => {
  let studio: Studio;
  let platform: Platform;
  let node: string;

  beforeAll(async () => {
    studio = await openStudio(cluster, 'node-drained', { values: { streams: { drainSeconds: DRAIN_S } } });
    ({ platform } = studio);
  });
  // On a single node what is drained comes back there.
  afterEach(() => kubectl(['uncordon', node]));
  afterAll(() => studio?.close());

  /** `kubectl drain` of the node that the show is on, for its pods alone. */
  async function drain(name: string, ...more: string[]): Promise<void> {
    const path = 'jsonpath={.items[0].spec.nodeName}';
    node ??= await platform.tenant.kubectl(['get', 'pods', '--selector', `${LABEL}=${name}`, '--output', path]);
    const args = ['--pod-selector', `${LABEL}=${name}`, '--ignore-daemonsets', '--delete-emptydir-data', ...more];
    await kubectl(['drain', node, ...args], { timeoutMs: 120_000 });
  }
  const podsOf = async (name: string) =>
    (await Promise.all([platform.pods(name, 'ingest'), platform.pods(name, 'transcoder')])).flat();
  /** What a change of transcoders is not: numbers leap, and what was listed or hinted is gone. */
  const complaints = ({ violations }: HlsReader) =>
    violations.filter(
      ({ message }) => !/skips segments from|Segments were removed although|^Part \S+ was answered 404/.test(message),
    );

  it('keeps its pods for as long as it lasts; then the drain goes on, and viewers have seen the end', async () => {
    const { publisher } = await studio.goOnAir('guarded', { spec: { ingest: { reconnectGrace: '1s' } } });
    const reader = await studio.follow('guarded', { mode: 'plain' });
    const pods = await podsOf('guarded');
    expect(pods).toHaveLength(2);
    await expect(drain('guarded', '--timeout=8s')).rejects.toThrow('disruption budget');
    expect(await podsOf('guarded')).toEqual(pods);

    const drained = drain('guarded', '--timeout=90s');
    await sleep(3_000);
    expect(await podsOf('guarded')).toEqual(pods);
    expect((await platform.status('guarded')).phase).toBe('Live');
    expect(reader.violations).toEqual([]);
    await publisher.stop();
    await drained;
    await platform.untilPhase('guarded', 'Ended');
    await reader.ended;
    expect(reader.playlist.endList).toBe(true);
    expect(reader.violations).toEqual([]);

    await kubectl(['uncordon', node]);
    await platform.untilReady('guarded');
    expect(await podsOf('guarded')).not.toEqual(pods);
  });

  it('that is not waited for goes on until the grace is over, and then from other pods as the same show', async () => {
    const show = await studio.goOnAir('moved');
    const page = await studio.watch('moved');
    await untilPlaying(page, 30_000);
    const reader = await studio.follow('moved');
    const { startedAt } = await platform.status('moved');
    const pods = await podsOf('moved');

    const began = performance.now();
    // Past the budget, as who deletes the node does.
    await drain('moved', '--disable-eviction', '--timeout=90s');
    expect(performance.now() - began).toBeGreaterThan(1_000 * (DRAIN_S - 2));
    await kubectl(['uncordon', node]);
    await show.comeBack();
    await untilGoesOn(page);
    const next = await eventually('the reader to have what comes now', () => reader.leap);
    expect(next.discontinuity).toBe(true);
    expect(reader.playlist.endList).toBe(false);
    const status = await platform.untilPhase('moved', 'Live');
    expect(status.startedAt).toBe(startedAt);
    for (const pod of await podsOf('moved')) expect(pods).not.toContain(pod);
    await show.publisher.stop();
  });

  it('is shown by its former pods while those in their place are there already', async () => {
    const show = await studio.goOnAir('handed-over');
    const page = await studio.watch('handed-over');
    await untilPlaying(page, 30_000);
    const reader = await studio.follow('handed-over');
    const { startedAt } = await platform.status('handed-over');
    const pods = await podsOf('handed-over');

    await platform.tenant.kubectl(['delete', 'pod', '--selector', `${LABEL}=handed-over`, '--wait=false']);
    const began = performance.now();
    await eventually('other pods', async () => (await podsOf('handed-over')).length === 2);
    expect(await podsOf('handed-over')).not.toEqual(pods);
    await sleep(1_000 * (DRAIN_S - 4) - (performance.now() - began));
    expect(reader.violations).toEqual([]);
    expect(reader.leap).toBeUndefined();

    await show.comeBack();
    await untilGoesOn(page);
    const next = await eventually('the reader to have what comes now', () => reader.leap);
    expect(next.discontinuity).toBe(true);
    expect(reader.playlist.endList).toBe(false);
    expect((await platform.untilPhase('handed-over', 'Live')).startedAt).toBe(startedAt);
    await reader.stop();
    expect(complaints(reader)).toEqual([]);
    await show.publisher.stop();
  });
});
