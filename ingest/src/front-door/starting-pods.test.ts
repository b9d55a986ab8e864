import { liveStreamSchema } from '@showrunner/crds';
import type { StreamRef } from '@showrunner/service-kit';
import { expect, it } from 'vitest';
import { StartingPods } from './starting-pods.ts';

const LIVE: StreamRef = { namespace: 'default', name: 'live' };

/** The pod of one stream, as its status names it; `undefined`: the stream is gone. */
function pods() {
  const clock = { now: 1_000 };
  let status: object | undefined;
  let changed: (stream: StreamRef) => void = () => undefined;
  const starting = new StartingPods(
    {
      stream: () =>
        status &&
        liveStreamSchema.parse({
          apiVersion: 'showrunner.dev/v1alpha1',
          kind: 'LiveStream',
          metadata: { name: 'live' },
          status,
        }),
      onChange: (listener) => {
        changed = listener;
        return () => (changed = () => undefined);
      },
    },
    () => clock.now,
  );
  starting.start();
  return {
    starting,
    pass: (ms: number) => void (clock.now += ms),
    tell: (podIP?: string) => {
      status = { ingest: { podIP } };
      changed(LIVE);
    },
    remove: () => {
      status = undefined;
      changed(LIVE);
    },
  };
}

it('are where the status says, for as long as it says so, and at no name', () => {
  const { starting, tell, remove } = pods();
  const found = ['10.244.0.7', 'fd00::7', 'fade.cafe', '10.244.0.8', undefined].map((podIP) => {
    tell(podIP);
    return starting.ipOf(LIVE);
  });
  expect(found).toEqual(['10.244.0.7', 'fd00::7', undefined, '10.244.0.8', undefined]);
  tell('10.244.0.7');
  remove();
  expect(starting.ipOf(LIVE)).toBe(undefined);
});

it('are not believed to be starting for ever, whatever else changes', () => {
  const { starting, tell, pass } = pods();
  tell('10.244.0.7');
  pass(30_000);
  tell('10.244.0.7');
  pass(29_999);
  expect(starting.ipOf(LIVE)).toBe('10.244.0.7');
  pass(1);
  expect(starting.ipOf(LIVE)).toBe(undefined);
  tell('10.244.0.8');
  expect(starting.ipOf(LIVE)).toBe('10.244.0.8');
});

it('are not looked at any more once closed', () => {
  const { starting, tell } = pods();
  starting.close();
  tell('10.244.0.7');
  expect(starting.ipOf(LIVE)).toBe(undefined);
});
