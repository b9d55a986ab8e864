import type { LiveStream, StreamComponent } from '@showrunner/crds';
import type { Manifest } from '../decision.ts';
import { withHash } from '../objects/hash.ts';
import { TEMPLATE } from '../objects/labels.ts';
import type { OperatorSettings } from '../settings.ts';
import { COMPONENTS, metadataOf, podLabels } from './object-names.ts';
import { podTemplate, portsOf } from './pod-template.ts';

export function deploymentOf(stream: LiveStream, component: StreamComponent, settings: OperatorSettings): Manifest {
  const { hash, template } = podTemplate(stream, component, settings);
  return withHash({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadataOf(stream, component), annotations: { [TEMPLATE]: hash } },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 0,
      // Two pods of one stream would be two streams.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: podLabels(stream, component) },
      template,
    },
  });
}

export function serviceOf(stream: LiveStream, component: StreamComponent): Manifest {
  return withHash({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(stream, component),
    spec: {
      selector: podLabels(stream, component),
      ports: portsOf(component).map(({ name, port }) => ({ name, port, targetPort: name, protocol: 'TCP' })),
    },
  });
}

/** While a show is on air: no eviction, unless the pod is of no use anyway. */
export function disruptionBudgetOf(stream: LiveStream, component: StreamComponent): Manifest {
  return withHash({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf(stream, component),
    spec: {
      minAvailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: podLabels(stream, component) },
    },
  });
}

/** All of a stream that is on air but its Secrets. */
export function manifestsOf(stream: LiveStream, settings: OperatorSettings): Manifest[] {
  return COMPONENTS.flatMap((component) => [
    serviceOf(stream, component),
    deploymentOf(stream, component, settings),
    disruptionBudgetOf(stream, component),
  ]);
}
