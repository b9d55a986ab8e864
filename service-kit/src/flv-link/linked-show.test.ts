import { describe, expect, it } from 'vitest';
import { FLV_AUDIO, type FlvSink } from '../seams/flv-source.ts';
import type { LinkMark } from './link-mark.ts';
import { LinkedShow } from './linked-show.ts';

const GRACE_MS = 20_000;
const TAG = { type: FLV_AUDIO, timestamp: 0, payload: Buffer.of(0xaf, 1) } as const;

/** A show at the end of a link, and what its sink was told. */
function link(graceMs = GRACE_MS) {
  const told: string[] = [];
  let failing = false;
  const tell = (what: string) => {
    told.push(what);
    if (failing) throw new Error('The sink cannot.');
  };
  const sink: FlvSink = {
    publisherStarted: (since, behindMs) =>
      tell(['started', since, behindMs].filter((word) => word !== undefined).join(' ')),
    tag: () => tell('tag'),
    publisherStopped: (reason) => tell(`stopped ${reason}`),
    showEnded: (reason) => tell(`ended ${reason}`),
  };
  let nowMs = 1_000;
  const show = new LinkedShow({ sink, graceMs: () => graceMs, failed: () => told.push('failed') });
  const mark = (one: LinkMark) => show.mark(one, nowMs);
  return {
    told,
    show,
    alive: (state: 'off' | 'expected' | 'live' | 'reconnecting', instance = 'a') =>
      mark({ event: 'alive', state, instance }),
    started: (onAirSince?: number) => mark({ event: 'publisherStarted', onAirSince }),
    stopped: () => mark({ event: 'publisherStopped', reason: 'closed' }),
    ended: (reason: 'grace-over' | 'shutdown') => mark({ event: 'showEnded', reason }),
    tag: () => show.tag(TAG, nowMs),
    lost: () => show.lost(nowMs),
    pass: (ms: number) => {
      nowMs += ms;
      return show.tick(nowMs);
    },
    fail: (fails: boolean) => void (failing = fails),
  };
}

/** On air, spoken for by ingest `a`. */
function onAir(graceMs?: number) {
  const on = link(graceMs);
  on.alive('live');
  on.started(5);
  on.tag();
  on.told.length = 0;
  return on;
}

describe('a show at the end of a link', () => {
  it('knows nothing before the first mark', () => {
    const { show, alive, told } = link();
    expect(show.state).toBe(undefined);
    alive('off');
    expect(show.state).toBe('off');
    expect(told).toEqual([]);
  });

  it('is told how far behind a replay is', () => {
    const { told, show, alive } = link();
    alive('live');
    show.mark({ event: 'publisherStarted', onAirSince: 5, behindMs: 700 }, 1_000);
    expect(told).toEqual(['started 5 700']);
  });

  it('is told as it happens', () => {
    const { told, alive, started, tag, stopped, ended } = link();
    alive('off');
    tag();
    started(5);
    tag();
    stopped();
    tag();
    ended('grace-over');
    expect(told).toEqual(['started 5', 'tag', 'stopped closed', 'ended grace-over']);
  });

  it('loses its publisher with the link, and goes on where that is back within the grace', () => {
    const { told, lost, pass, alive, started } = onAir();
    lost();
    pass(GRACE_MS - 1);
    alive('live');
    started(5);
    pass(GRACE_MS);
    expect(told).toEqual(['stopped dropped', 'started 5']);
  });

  it('ends when the link stays away for the grace', () => {
    const { told, lost, pass } = onAir();
    lost();
    pass(GRACE_MS);
    pass(GRACE_MS);
    expect(told).toEqual(['stopped dropped', 'ended grace-over']);
  });

  it('ends at once where the same ingest has ended it meanwhile', () => {
    const { told, lost, alive } = onAir();
    lost();
    alive('off');
    expect(told).toEqual(['stopped dropped', 'ended grace-over']);
  });

  it('waits for the publisher at another ingest that knows nothing of it', () => {
    const { told, lost, alive, pass, started } = onAir();
    lost();
    alive('off', 'b');
    pass(GRACE_MS - 1);
    alive('expected', 'b');
    pass(1);
    expect(told).toEqual(['stopped dropped']);
    started(9);
    expect(told).toEqual(['stopped dropped', 'started 9']);
    // From now on it is that one's show.
    lost();
    alive('off', 'b');
    expect(told.at(-1)).toBe('ended grace-over');
  });

  it('ends when the publisher does not come to the other ingest', () => {
    const { told, lost, alive, pass } = onAir();
    lost();
    alive('off', 'b');
    pass(GRACE_MS);
    expect(told).toEqual(['stopped dropped', 'ended grace-over']);
  });

  it('leaves it to ingest to end it while that waits for the publisher', () => {
    const { told, stopped, pass, ended } = onAir();
    stopped();
    pass(2 * GRACE_MS);
    expect(told).toEqual(['stopped closed']);
    ended('grace-over');
    expect(told).toEqual(['stopped closed', 'ended grace-over']);
  });

  it('stays open for the next ingest when this one shuts down', () => {
    const { told, ended, lost, alive, started, pass } = onAir();
    ended('shutdown');
    lost();
    pass(3_000);
    alive('off', 'b');
    started(9);
    expect(told).toEqual(['stopped shutdown', 'started 9']);
  });

  it('ends with that where no other ingest takes over', () => {
    const { told, ended, lost, pass } = onAir();
    ended('shutdown');
    lost();
    pass(GRACE_MS);
    expect(told).toEqual(['stopped shutdown', 'ended shutdown']);
  });

  it('keeps the order where the other end does not', () => {
    const { told, started, alive } = onAir();
    started(6);
    alive('off', 'b');
    expect(told).toEqual(['stopped dropped', 'started 6']);
  });

  it('ends for a sink that throws, and begins anew after a second', () => {
    const { told, tag, fail, pass, lost, alive, started } = onAir();
    fail(true);
    tag();
    fail(false);
    tag();
    expect(told).toEqual(['tag', 'failed', 'stopped reader-failed', 'failed', 'ended reader-failed', 'failed']);
    told.length = 0;
    expect(pass(999)).toBe(false);
    expect(pass(1)).toBe(true);
    expect(pass(1)).toBe(false);
    lost();
    alive('live');
    started(5);
    tag();
    expect(told).toEqual(['started 5', 'tag']);
  });

  it('takes a replay while it knows nothing of the show, and not of what it threw at', () => {
    const { show, alive, started, tag, lost, fail, ended } = link();
    expect(show.takesReplay).toBe(true);
    alive('live');
    started(5);
    tag();
    lost();
    expect(show.takesReplay).toBe(false);
    alive('live');
    started(5);
    ended('grace-over');
    expect(show.takesReplay).toBe(true);
    started(9);
    fail(true);
    tag();
    expect(show.takesReplay).toBe(false);
  });

  it('is silent once it is closed', () => {
    const { told, show, tag, lost, pass } = onAir();
    show.close();
    tag();
    lost();
    pass(GRACE_MS);
    expect(told).toEqual([]);
  });
});
