import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { CHART, clusterProgram } from '../../tests/cluster-stories/support/index.ts';

export type Helm = 'helm' | 'helm3';

/** The versions that the chart is for. A cluster of the caller's is reached by the caller's own. */
export const HELMS: readonly Helm[] = inject('cluster').isOwn ? ['helm', 'helm3'] : ['helm'];

export const valuesFile = (name: string) => fileURLToPath(new URL(`values/${name}.yaml`, import.meta.url));

/** An object of the Kubernetes API, as far as tests look into it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly [field: string]: unknown;
}

/** The objects that values make in namespace `live`, by kind, namespace and name. Rejects with what Helm says. */
export async function render(program: Helm, args: readonly string[], input = ''): Promise<Manifest[]> {
  const helm = clusterProgram(inject('cluster'), program);
  // The oldest Kubernetes that the chart is for.
  const all = ['template', 'showrunner', CHART, '--namespace', 'live', '--kube-version', '1.31.0', ...args];
  const text = await helm(all, { input });
  const order = ({ kind, metadata: { namespace = '', name } }: Manifest) => `${kind} ${namespace} ${name}`;
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
}
