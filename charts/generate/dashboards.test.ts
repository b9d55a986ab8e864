import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DASHBOARDS } from './dashboards.ts';
import { grafanaJson } from './grafana.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['service-kit', 'operator', 'ingest', 'transcoder', 'web/api'];

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(({ name, parentPath }) => /(?<!\.test)\.ts$/.test(name) && !parentPath.includes('node_modules'))
    .map(({ name, parentPath }) => readFileSync(join(parentPath, name), 'utf8'));
}

const code = FOLDERS.flatMap((folder) => sourcesBelow(join(root, folder))).join('\n');
/** What histograms add to their name. */
const withoutSuffix = (metric: string) => metric.replace(/_(bucket|sum|count)$/, '');

describe.each(DASHBOARDS)('the dashboard "$title"', (dashboard) => {
  const { panels, variables } = dashboard;
  const queries = [...panels.flatMap((panel) => Object.values(panel.queries)), ...variables.map(({ query }) => query)];
  const metrics = new Set(
    queries.flatMap((query) => query.match(/\bshowrunner_(?!dev_)\w+/g) ?? []).map(withoutSuffix),
  );

  it('asks for metrics that the code has', () => {
    expect(metrics.size).toBeGreaterThan(3);
    expect([...metrics].filter((metric) => !code.includes(`'${metric}'`))).toEqual([]);
  });

  it('asks with parentheses that match', () => {
    for (const query of queries)
      expect(query.replaceAll(/[^(]/g, '').length, query).toBe(query.replaceAll(/[^)]/g, '').length);
  });

  it('is a model in which no two panels share an id or a place', () => {
    const model = JSON.parse(grafanaJson(dashboard)) as { panels: { id: number; gridPos: object }[] };
    expect(new Set(model.panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(model.panels.map(({ gridPos }) => JSON.stringify(gridPos))).size).toBe(panels.length);
  });
});
