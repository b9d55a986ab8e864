import { isNamespaceTerminating, type LiveStreamStatus } from '@showrunner/crds';
import { KubeConnectionError, KubeError, type KubeClient, type KubeObject } from '@showrunner/service-kit/kube';
import { describe, expect, it } from 'vitest';
import type { ObservedPod } from '../decide/index.ts';
import { liveStream } from '../decide/live-stream/testing/world.ts';
import { lookAtNamespace, type NamespaceLook } from './namespace-look.ts';

const TOLD: LiveStreamStatus = {
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason: 'NamespaceTerminating',
      message: '',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    },
  ],
};
const ACTIVE = { metadata: { name: 'team' }, status: { phase: 'Active' } };
const DELETED = { metadata: { name: 'team', deletionTimestamp: '2026-01-02T03:04:05Z' } };
const TERMINATING = { metadata: { name: 'team' }, status: { phase: 'Terminating' } };

const pod = (uid: string, deleting: boolean): ObservedPod => ({
  name: `live-ingest-${uid}`,
  uid,
  createdAt: 0,
  ready: true,
  finished: false,
  deleting,
});

/** Looks again and again, as a reconciler does. */
function looking(status?: LiveStreamStatus) {
  const asked: string[] = [];
  const warned: string[] = [];
  let look: NamespaceLook | undefined;
  const get = async (resource: { plural: string }, name: string, namespace?: string): Promise<KubeObject> => {
    asked.push([namespace, resource.plural, name].filter((part) => part !== undefined).join('/'));
    if (seen.answer instanceof Error) throw seen.answer;
    return seen.answer;
  };
  const seen = {
    answer: ACTIVE as KubeObject | Error,
    asked,
    warned,
    async at(...pods: ObservedPod[]): Promise<boolean> {
      const client = { get } as unknown as KubeClient;
      const logger = { warn: (_about: unknown, text: string) => void warned.push(text) } as never;
      const stream = liveStream({}, status);
      const wasTold = isNamespaceTerminating(stream);
      look = await lookAtNamespace(stream.metadata, pods, look, { wasTold, client, logger });
      return look?.terminating ?? false;
    },
  };
  return seen;
}

describe('the namespace of a stream', () => {
  it('is looked at once for each pod that is deleted', async () => {
    const seen = looking();
    expect(await seen.at(pod('a', false), pod('b', false))).toBe(false);
    expect(seen.asked).toEqual([]);
    expect(await seen.at(pod('a', true), pod('b', false))).toBe(false);
    expect(await seen.at(pod('a', true), pod('b', false))).toBe(false);
    expect(seen.asked).toEqual(['namespaces/team']);
    expect(await seen.at(pod('a', true), pod('b', true))).toBe(false);
    expect(await seen.at(pod('b', true))).toBe(false);
    expect(seen.asked).toHaveLength(2);
  });

  it.each([DELETED, TERMINATING])('is being deleted, once and for all: %j', async (answer) => {
    const seen = looking();
    seen.answer = answer;
    expect(await seen.at(pod('a', true))).toBe(true);
    seen.answer = ACTIVE;
    expect(await seen.at(pod('a', true), pod('b', true))).toBe(true);
    expect(await seen.at()).toBe(true);
    expect(seen.asked).toHaveLength(1);
  });

  it('is looked at once where a former leader found that it is being deleted', async () => {
    const seen = looking(TOLD);
    seen.answer = TERMINATING;
    expect([await seen.at(), await seen.at()]).toEqual([true, true]);
    const other = looking(TOLD);
    expect([await other.at(), await other.at()]).toEqual([false, false]);
    expect([seen.asked.length, other.asked.length]).toEqual([1, 1]);
  });

  it.each([403, 404])(
    'that may not be read (%i) ends no show, and is not read in vain again and again',
    async (code) => {
      const seen = looking();
      seen.answer = new KubeError(code, {});
      expect([await seen.at(pod('a', true)), await seen.at(pod('a', true))]).toEqual([false, false]);
      expect([seen.asked.length, seen.warned.length]).toEqual([1, 1]);
      const told = looking(TOLD);
      told.answer = seen.answer;
      expect([await told.at(), await told.at()]).toEqual([true, true]);
    },
  );

  it('is looked at again where no answer came', async () => {
    const seen = looking();
    seen.answer = new KubeConnectionError('No answer.');
    await expect(seen.at(pod('a', true))).rejects.toThrow('No answer.');
    seen.answer = DELETED;
    expect(await seen.at(pod('a', true))).toBe(true);
  });
});
