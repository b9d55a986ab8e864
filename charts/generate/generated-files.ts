import { readFileSync } from 'node:fs';
import { DASHBOARDS } from './dashboards.ts';
import { grafanaJson } from './grafana.ts';
import { rbacReference } from './rbac-reference.ts';
import { rulesTemplate } from './rules-template.ts';
import { type ValueSchema, valuesReference } from './values-reference.ts';

const CRD = 'livestreams.showrunner.dev.yaml';
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Content of the committed files that are made for the chart, by their path from the root of the repository. */
export function generatedFiles(): Record<string, string> {
  const schema = JSON.parse(read('charts/showrunner/values.schema.json')) as ValueSchema;
  const dashboards = DASHBOARDS.map((dashboard): [string, string] => [
    `charts/showrunner/files/dashboards/${dashboard.uid}.json`,
    grafanaJson(dashboard),
  ]);
  return {
    ...Object.fromEntries(dashboards),
    [`charts/showrunner/files/crds/${CRD}`]: read(`crds/${CRD}`),
    'charts/showrunner/templates/_rules.tpl': rulesTemplate(),
    'docs/reference/chart-values.md': valuesReference(read('charts/showrunner/values.yaml'), schema),
    'docs/reference/rbac.md': rbacReference(),
  };
}
