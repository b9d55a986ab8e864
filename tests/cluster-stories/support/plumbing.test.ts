import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { clusterProgram, oneShotPod, storyNamespace, untilCondition, type StoryNamespace } from './index.ts';

/** Answers `hello` on port 8080, in an image of ours that need not know it. */
const SERVER = `require('node:http').createServer((_, answer) => answer.end('hello')).listen(8080)`;

describe('what the stories stand on', () => {
  const cluster = inject('cluster');
  const image = cluster.images.operator;
  let namespace: StoryNamespace;

  beforeAll(async () => {
    namespace = await storyNamespace(clusterProgram(cluster, 'kubectl'), 'plumbing');
  });
  afterAll(() => namespace.delete());

  it('pods of two objects reach each other by the absolute name of a Service', async () => {
    const { name, kubectl } = namespace;
    const container = {
      ...{ name: 'main', image, args: ['-e', SERVER], ports: [{ containerPort: 8080 }] },
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
      securityContext: {
        ...{ runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        seccompProfile: { type: 'RuntimeDefault' },
      },
    };
    const template = { metadata: { labels: { app: 'hello' } }, spec: { containers: [container] } };
    const metadata = { name: 'hello' };
    const items = [
      {
        ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
        spec: { selector: { matchLabels: { app: 'hello' } }, template },
      },
      {
        ...{ apiVersion: 'v1', kind: 'Service', metadata },
        spec: { selector: { app: 'hello' }, ports: [{ port: 8080 }] },
      },
    ];
    await kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
    await untilCondition(kubectl, 'deployment/hello', 'Available');

    const ask = `fetch('http://hello.${name}.svc.cluster.local.:8080').then((answer) => answer.text()).then(console.log)`;
    expect(await oneShotPod(kubectl, { image, args: ['-e', ask] })).toEqual({ exitCode: 0, log: 'hello\n' });
  });

  it('a condition that does not come is told with those that came', async () => {
    const { kubectl } = namespace;
    await expect(untilCondition(kubectl, 'deployment/hello', 'Singing', 1_000)).rejects.toThrow(
      /^Waited 1 s in vain for deployment\/hello to be Singing; it is: .*Available=True \(MinimumReplicasAvailable: /,
    );
    await expect(untilCondition(kubectl, 'deployment/nobody', 'Available', 1_000)).rejects.toThrow('it is: not there');
  });

  it('a namespace of a story takes no pod that may do more than its work', async () => {
    const { kubectl } = namespace;
    await expect(kubectl(['run', 'careless', `--image=${image}`])).rejects.toThrow('violates PodSecurity "restricted');
  });
});
