import { fileURLToPath } from 'node:url';
import { clusterProgram } from './cluster-program.ts';
import type { Cluster } from './cluster.ts';

/** Folder of the chart. */
export const CHART = fileURLToPath(new URL('../../../charts/showrunner', import.meta.url));
export const DEFINITION = 'customresourcedefinition/livestreams.showrunner.dev';

/** Values of the chart that name this checkout's images. */
export function imageValues({ images }: Cluster): { readonly registry: string; readonly [value: string]: unknown } {
  const parts = Object.entries(images).map(([component, reference]) => {
    const [, registry = '', repository = '', tag = ''] = /^(.*)\/([^/:]+):([^:/]+)$/.exec(reference) ?? [];
    return { component, registry, image: { repository, tag } };
  });
  const [first] = parts;
  return {
    registry: first?.registry ?? '',
    pullPolicy: 'IfNotPresent',
    ...Object.fromEntries(parts.map(({ component, image }) => [component, image])),
  };
}

/**
 * Gives the definition, which the stories' cluster has already, to a release that is to bring it: as the release is going to say it, since
 * Helm 4 changes nothing that somebody else has applied.
 */
export async function giveDefinitionTo(cluster: Cluster, release: string, namespace: string): Promise<void> {
  const [helm, kubectl] = [clusterProgram(cluster, 'helm'), clusterProgram(cluster, 'kubectl')];
  const registry = `image.registry=${imageValues(cluster).registry}`;
  const rendered = ['template', release, CHART, '--show-only', 'templates/crds.yaml', '--set', registry];
  await kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=helm', '--filename', '-'], {
    input: await helm(rendered),
  });
  const annotations = [`meta.helm.sh/release-name=${release}`, `meta.helm.sh/release-namespace=${namespace}`];
  await kubectl(['label', '--overwrite', DEFINITION, 'app.kubernetes.io/managed-by=Helm']);
  await kubectl(['annotate', '--overwrite', DEFINITION, ...annotations]);
}
