import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { CHART } from '../../tests/cluster-stories/support/index.ts';
import { HELMS, type Manifest, render, valuesFile } from './helm.ts';

/** What is made anew each time, and what is a copy of a file, is checked here and left out there. */
function withoutContents(manifest: Manifest): Manifest {
  const data = manifest['data'] as Record<string, string> | undefined;
  if (manifest.kind === 'Secret' && data?.['token']) {
    expect(Buffer.from(data['token'], 'base64').toString()).toMatch(/^[a-zA-Z0-9]{40}$/);
    return { ...manifest, data: { token: 'RANDOM' } };
  }
  if (manifest.kind !== 'ConfigMap' || !data) return manifest;
  const files = Object.keys(data);
  for (const file of files) expect(data[file]).toBe(readFileSync(join(CHART, 'files/dashboards', file), 'utf8'));
  return { ...manifest, data: Object.fromEntries(files.map((file) => [file, 'AS IN files/dashboards'])) };
}

describe.each(['defaults', 'gateway', 'production', 'tenant'])('the objects for the values "%s"', (values) => {
  it.each(HELMS)('are the ones that are committed, by %s', async (program) => {
    const manifests = await render(program, ['--values', valuesFile(values)]);
    // The definition is compared with crds/ byte by byte, elsewhere.
    const ours = manifests.filter(({ kind }) => kind !== 'CustomResourceDefinition').map(withoutContents);
    const text = ours.map((manifest) => stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false }));
    await expect(text.join('---\n')).toMatchFileSnapshot(`golden/${values}.yaml`);
  });
});
