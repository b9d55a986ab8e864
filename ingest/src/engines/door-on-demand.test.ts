import { createLogger } from '@showrunner/service-kit';
import { afterEach, expect, it } from 'vitest';
import { until } from '../testing/publish.ts';
import { DoorOnDemand } from './door-on-demand.ts';

let onDemand: DoorOnDemand;
afterEach(() => onDemand.close());

function make(starts: () => Promise<void> = async () => undefined) {
  const seen = { wanted: false, idle: true, open: 0, made: 0, states: [] as unknown[] };
  onDemand = new DoorOnDemand({
    make: () => {
      seen.made += 1;
      return {
        port: 4711,
        get idle() {
          return seen.idle;
        },
        start: async () => {
          await starts();
          seen.open += 1;
        },
        drain: async () => undefined,
        close: async () => void (seen.open -= 1),
      };
    },
    isWanted: () => seen.wanted,
    logger: createLogger({ name: 'test', level: 'silent' }),
    changed: () => seen.states.push(onDemand.state),
  });
  return seen;
}

it('opens when it is wanted, closes when it is not, and never under a publisher', async () => {
  const seen = make();
  await onDemand.start();
  expect([seen.open, onDemand.port]).toEqual([0, 0]);
  seen.wanted = true;
  onDemand.look();
  onDemand.look();
  await until(() => onDemand.state === 'open');
  expect([seen.open, seen.made, onDemand.port]).toEqual([1, 1, 4711]);
  Object.assign(seen, { wanted: false, idle: false });
  onDemand.look();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen.open).toBe(1);
  // That nobody publishes any more it finds out by itself.
  seen.idle = true;
  await until(() => seen.open === 0);
  expect(seen.states).toEqual(['opening', 'open', 'closed']);
  seen.wanted = true;
  onDemand.look();
  await until(() => seen.open === 1);
  expect(seen.made).toBe(2);
});

it('tells why it does not open, and is open after its start where it is wanted', async () => {
  const seen = make(async () => {
    throw new Error('It is locked.');
  });
  seen.wanted = true;
  await onDemand.start();
  expect(onDemand.state).toEqual({ problem: 'It is locked.' });
  seen.wanted = false;
  onDemand.look();
  await until(() => onDemand.state === 'closed');
  expect(seen.made).toBe(1);
});
