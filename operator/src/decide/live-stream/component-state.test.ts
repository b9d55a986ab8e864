import { describe, expect, it } from 'vitest';
import type { ObservedDeployment, ObservedPod } from '../objects/observed-object.ts';
import { componentState } from './component-state.ts';

const deployment: ObservedDeployment = { uid: 'd', managed: true, drifted: false, deleting: false, createdAt: 0 };
const pod: ObservedPod = {
  name: 'live-ingest-1',
  uid: 'p',
  createdAt: 1,
  ready: false,
  finished: false,
  deleting: false,
};
const stateOf = (pods: ObservedPod[], failure?: string) =>
  componentState('ingest', failure === undefined ? deployment : { ...deployment, failure }, pods);

describe('a component', () => {
  it.each<[ObservedPod[], string, string]>([
    [[], 'PodStarting', 'The ingest pod is being made.'],
    [[pod], 'PodStarting', 'Pod "live-ingest-1" is starting.'],
    [[{ ...pod, ready: true, node: 'node1' }], 'PodReady', 'Pod "live-ingest-1" is ready on node node1.'],
    // One that drains serves its show.
    [[{ ...pod, ready: true, deleting: true }], 'PodReady', 'Pod "live-ingest-1" is ready.'],
    [
      [
        { ...pod, ready: true, deleting: true },
        {
          ...pod,
          name: 'live-ingest-2',
          trouble: { reason: 'Unschedulable', message: '0/1 nodes are available: 1 Insufficient cpu.', isStuck: true },
        },
      ],
      'PodReady',
      'Pod "live-ingest-1" is ready. It is leaving, and none can follow: No node takes the ingest pod: Insufficient cpu.',
    ],
    [
      [
        { ...pod, ready: true, deleting: true },
        { ...pod, name: 'live-ingest-2', ready: true },
      ],
      'PodReady',
      'Pod "live-ingest-2" is ready.',
    ],
    [
      [{ ...pod, finished: true, trouble: { reason: 'Evicted', message: '', isStuck: false } }],
      'PodStarting',
      'The ingest pod is being made.',
    ],
    [
      [{ ...pod, trouble: { reason: 'ErrImagePull', message: 'not found', isStuck: true } }],
      'ImageUnavailable',
      'The ingest pod "live-ingest-1" waits for its image, which cannot be pulled; its Events say why.',
    ],
    [
      [
        {
          ...pod,
          trouble: { reason: 'Unschedulable', message: '0/1 nodes are available: 1 Insufficient cpu.', isStuck: true },
        },
      ],
      'Unschedulable',
      'No node takes the ingest pod: Insufficient cpu.',
    ],
    [
      [{ ...pod, trouble: { reason: 'Crashed', message: 'exit code 1', isStuck: true } }],
      'PodCrashing',
      'The ingest pod "live-ingest-1" ended with exit code 1 and is started again; its log says why.',
    ],
    [
      [{ ...pod, trouble: { reason: 'OOMKilled', message: 'exit code 137', isStuck: true } }],
      'OutOfMemory',
      'The ingest pod "live-ingest-1" needed more memory than its limit and is started again; raise resources of the pod in the spec.',
    ],
    [
      [{ ...pod, trouble: { reason: 'CreateContainerConfigError', message: 'secret not found', isStuck: true } }],
      'PodBlocked',
      'The ingest pod "live-ingest-1" cannot start (CreateContainerConfigError): secret not found.',
    ],
  ])('%j', (pods, reason, message) => {
    expect(stateOf(pods)).toMatchObject({ reason, message, ready: reason === 'PodReady' });
  });

  it('says the same of nodes whose number changes', () => {
    const messageOf = (message: string) =>
      stateOf([{ ...pod, trouble: { reason: 'Unschedulable', message, isStuck: true } }]).message;
    const taint = 'node(s) had untolerated taint {team.example.com/gpu: a}';
    const said = `No node takes the ingest pod: Insufficient cpu, ${taint}.`;
    const preempted =
      'no new claims to deallocate, preemption: 0/9 nodes are available: 9 No preemption victims found.';
    expect(messageOf(`0/57 nodes are available: 26 ${taint}, 31 Insufficient cpu. ${preempted}`)).toBe(said);
    expect(messageOf(`0/9 nodes are available: 2 Insufficient cpu, 7 ${taint}.`)).toBe(said);
    expect(messageOf('no nodes available to schedule pods')).toBe(
      'No node takes the ingest pod: no nodes available to schedule pods.',
    );
  });

  it('says why its pod cannot be made', () => {
    const quota =
      'pods "live-ingest-1" is forbidden: exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2';
    expect(stateOf([], quota)).toMatchObject({
      reason: 'QuotaExceeded',
      message: 'ResourceQuota "team" has no room for the ingest pod: it needs 1 of pods, and 2 of 2 are used.',
      isTrouble: false,
    });
    const refused = 'pods "live-ingest-1" is forbidden: no PriorityClass with name urgent was found';
    expect(stateOf([], refused)).toMatchObject({
      reason: 'PodRefused',
      message: 'Kubernetes refuses to make the ingest pod: no PriorityClass with name urgent was found.',
      isTrouble: true,
    });
  });

  it('tells where a pod is that starts', () => {
    const [starting, running] = [
      { ...pod, ip: '10.0.0.1' },
      { ...pod, name: 'live-ingest-2', ready: true, ip: '10.0.0.2' },
    ];
    const ipOf = (...pods: ObservedPod[]) => stateOf(pods).podIP;
    expect([ipOf(pod), ipOf(starting), ipOf(starting, running)]).toEqual([undefined, '10.0.0.1', undefined]);
    const crashed = { reason: 'Crashed', message: 'exit code 1', isStuck: false };
    expect([ipOf({ ...starting, deleting: true }), ipOf({ ...starting, trouble: crashed })]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
