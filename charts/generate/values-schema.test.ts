import { readFileSync } from 'node:fs';
import { LADDER_PRESETS } from '@showrunner/crds';
import { LOG_LEVELS } from '@showrunner/service-kit';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ValueSchema } from './values-reference.ts';

const read = (path: string) => readFileSync(new URL(`../showrunner/${path}`, import.meta.url), 'utf8');
const schema = JSON.parse(read('values.schema.json')) as ValueSchema;
const chart = parse(read('Chart.yaml')) as { version: string; appVersion: string };

describe('the schema of the values', () => {
  it('offers the levels and ladders that the code knows', () => {
    expect(schema.properties?.['logLevel']?.enum).toEqual(LOG_LEVELS);
    expect(schema.properties?.['streams']?.properties?.['maxLadder']?.enum).toEqual(LADDER_PRESETS);
  });

  it('closes every object whose fields it names, so that typos are refused', () => {
    const open: string[] = [];
    const walk = (here: ValueSchema & { additionalProperties?: unknown }, path: string) => {
      if (here.properties && here.additionalProperties !== false) open.push(path);
      for (const [name, inner] of Object.entries({ ...here.properties, ...here.definitions }))
        walk(inner, `${path}.${name}`);
    };
    walk(schema, '');
    expect(open).toEqual([]);
  });
});

describe('the chart', () => {
  it('has the version of the application', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(chart).toMatchObject({ version, appVersion: version });
  });
});
