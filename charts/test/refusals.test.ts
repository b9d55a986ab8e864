import { describe, expect, inject, it } from 'vitest';
import { CHART, clusterProgram } from '../../tests/cluster-stories/support/index.ts';
import { type Helm, HELMS, render } from './helm.ts';

const REGISTRY = 'image.registry=registry.example.com/live';

/** What the schema refuses: the values, and the words that name the place and the rule. */
const BROKEN: readonly [values: readonly string[], ...words: string[]][] = [
  [['frontDor.replicas=3'], "additional properties 'frontDor' not allowed"],
  [['frontDoor.replica=3'], '/frontDoor', "additional properties 'replica' not allowed"],
  [['edge.pods.tolerance=x'], '/edge/pods', "additional properties 'tolerance' not allowed"],
  [['edge.service.nodePorts=31080'], '/edge/service', "additional properties 'nodePorts' not allowed"],
  [['frontDoor.replicas=0'], '/frontDoor/replicas', 'got 0, want 1'],
  [['frontDoor.replicas=two'], '/frontDoor/replicas', 'got string, want integer'],
  [['frontDoor.drainSeconds=1h'], '/frontDoor/drainSeconds', 'got string, want integer'],
  [['frontDoor.service.rtmpNodePort=70000'], '/frontDoor/service/rtmpNodePort', 'got 70,000, want 65,535'],
  [['frontDoor.service.type=ExternalName'], '/frontDoor/service/type', "'ClusterIP', 'NodePort', 'LoadBalancer'"],
  [['logLevel=verbose'], '/logLevel', "'trace', 'debug', 'info'"],
  [['streams.maxLadder=4k'], '/streams/maxLadder', "'1080p', '720p'"],
  [['watchNamespaces={Team A}'], '/watchNamespaces/0', 'does not match pattern'],
  [['watchNamespaces={a,a}'], '/watchNamespaces', 'items at 0 and 1 are equal'],
  [['publicUrls.rtmpUrl=live.example.com'], '/publicUrls/rtmpUrl', "'live.example.com' does not match pattern"],
  [['publicUrls.rtmpUrl=rtmp://live.example.com/app'], '/publicUrls/rtmpUrl', 'does not match pattern'],
  [['publicUrls.httpUrl=https://live.example.com/'], '/publicUrls/httpUrl', 'does not match pattern'],
  [['publicUrls.mediaUrl=https://Live.example.com'], '/publicUrls/mediaUrl', 'does not match pattern'],
  [['image.registry=https://registry.example.com'], '/image/registry', 'does not match pattern'],
  [['image.web.digest=sha256:12'], '/image/web/digest', 'does not match pattern'],
  [['edge.resources.limits.memory=lots'], '/edge/resources/limits/memory', 'does not match pattern'],
  [['pods.maxUnavailable=half'], '/pods/maxUnavailable', 'does not match pattern'],
  [['web.autoscaling.targetCPUPercent=150'], '/web/autoscaling/targetCPUPercent', 'got 150, want 100'],
];

/** What templates refuse: values that do not go together. */
const CONTRADICTING: readonly [values: readonly string[], sentence: string][] = [
  [['image.registry='], 'image.registry must be set: the host and path that the four images were pushed to'],
  [['ingress.enabled=true'], 'ingress.host must be set where ingress.enabled is true.'],
  [['gateway.enabled=true'], 'gateway.host must be set where gateway.enabled is true.'],
  [
    ['gateway.enabled=true', 'gateway.host=live.example.com'],
    'gateway.parentRefs must name a Gateway where gateway.enabled is true.',
  ],
  [
    ['ingress.enabled=true', 'ingress.host=a.example.com', 'gateway.enabled=true', 'gateway.host=a.example.com'],
    'ingress.enabled and gateway.enabled exclude each other: choose one way for HTTP.',
  ],
  [['frontDoor.rtmps.enabled=true'], 'frontDoor.rtmps.enabled wants a certificate'],
  [['publicUrls.rtmpUrl=rtmps://live.example.com/live'], 'publicUrls.rtmpUrl speaks RTMPS, which nothing offers'],
  [
    ['publicUrls.mediaUrl=https://live.example.com:443'],
    "publicUrls.mediaUrl is https://live.example.com:443: leave out the port that is the scheme's own.",
  ],
  [['tls.certManager.enabled=true'], 'tls.certManager.issuer.name must be set where tls.certManager.enabled is true.'],
  [
    ['tls.certManager.enabled=true', 'tls.certManager.issuer.name=x'],
    'tls.certManager.dnsNames must be set where neither ingress.host nor publicUrls.rtmpUrl names a host.',
  ],
  [['monitoring.enabled=true'], "networkPolicy.metricsFrom must name Prometheus' pods"],
  [
    ['edge.autoscaling.enabled=true', 'edge.autoscaling.minReplicas=5', 'edge.autoscaling.maxReplicas=4'],
    'edge.autoscaling.maxReplicas is 4, but must be at least minReplicas, which is 5.',
  ],
  [
    ['edge.cacheMiB=4000', 'edge.resources.limits.memory=2Gi'],
    'edge.resources.limits.memory is 2Gi, but must be at least 6807Mi: edge.cacheMiB is 4000 and edge.maxConnections is 10000.',
  ],
];

const setting = (values: readonly string[]) => [REGISTRY, ...values].flatMap((value) => ['--set', value]);

/** What Helm says of values that it must refuse. */
async function refusalOf(program: Helm, values: readonly string[]): Promise<string> {
  const outcome: unknown = await render(program, setting(values)).catch((error: unknown) => error);
  if (!(outcome instanceof Error)) throw new Error(`${values.join(' ')} was taken.`);
  return outcome.message;
}

describe.each(HELMS)('%s', (program) => {
  it.each(BROKEN)('refuses %j and names the place and the rule', async (values, ...words) => {
    const said = await refusalOf(program, values);
    for (const word of words) expect(said).toContain(word);
  });

  it.each(CONTRADICTING)('refuses %j with a sentence', async (values, sentence) => {
    expect(await refusalOf(program, values)).toContain(sentence);
  });

  it('tells of all that is broken at once', async () => {
    const said = await refusalOf(program, ['ingress.enabled=true', 'frontDoor.rtmps.enabled=true']);
    expect(said).toContain('ingress.host must be set');
    expect(said).toContain('frontDoor.rtmps.enabled wants a certificate');
  });
});

describe('helm lint', () => {
  it.each(HELMS)('finds nothing, by %s', async (program) => {
    const helm = clusterProgram(inject('cluster'), program);
    await expect(helm(['lint', '--strict', CHART, ...setting([])])).resolves.toContain('0 chart(s) failed');
  });
});
