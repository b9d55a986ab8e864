import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generatedFiles } from './generated-files.ts';
import type { JsonSchema } from './json-schema.ts';
import { liveStreamCrd } from './live-stream-crd.ts';

const [version] = liveStreamCrd.spec.versions;
const root: JsonSchema = version?.schema.openAPIV3Schema ?? {};

/** Every schema in the definition, with its path. */
function schemas(schema: JsonSchema, path = ''): [path: string, schema: JsonSchema][] {
  return [
    [path, schema],
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => schemas(property, `${path}.${name}`)),
    ...(schema.items ? schemas(schema.items, `${path}[]`) : []),
  ];
}

/** As `schemas`, with those of values under free names. */
function everySchema(root: JsonSchema): [path: string, schema: JsonSchema][] {
  return schemas(root).flatMap(([path, schema]): [string, JsonSchema][] => {
    const { additionalProperties: values } = schema;
    const inner = typeof values === 'object' ? everySchema(values) : [];
    return [[path, schema], ...inner.map(([name, of]): [string, JsonSchema] => [`${path}.*${name}`, of])];
  });
}

describe('the committed files', () => {
  it.each(Object.entries(generatedFiles()))('%s is what `npm run generate` writes', (path, content) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(content);
  });

  it('hold the definition as YAML', () => {
    expect(parse(generatedFiles()['crds/livestreams.showrunner.dev.yaml'] ?? '')).toEqual(
      JSON.parse(JSON.stringify(liveStreamCrd)),
    );
  });
});

describe('the CustomResourceDefinition', () => {
  it('is structural', () => {
    const offending = schemas(root).filter(
      ([, schema]) =>
        schema.type === undefined ||
        schema.additionalProperties === false ||
        ['oneOf', 'anyOf', 'allOf', 'not', '$ref', '$schema', 'const', 'nullable'].some((word) => word in schema),
    );
    expect(offending).toEqual([]);
    expect(root.properties?.['metadata']).toEqual({ type: 'object' });
  });

  it('gives numbers and times the formats that Kubernetes knows', () => {
    const found = Object.fromEntries(schemas(root));
    expect(found['.status.observedGeneration']).toMatchObject({ type: 'integer', format: 'int64' });
    expect(found['.status.observedGeneration']).not.toHaveProperty('minimum');
    expect(found['.status.startedAt']).toMatchObject({ type: 'string', format: 'date-time' });
  });

  it('takes no date that our own rules refuse', () => {
    const { 'x-kubernetes-validations': rules = [] } = Object.fromEntries(schemas(root))['.spec.startAt'] ?? {};
    const pattern = /^self\.matches\(r'(.+)'\)$/.exec(rules[0]?.rule ?? '')?.[1] ?? '';
    const refused = [
      '2026-11-21t20:00:00Z',
      '2026-02-30T20:00:00Z',
      '2026-11-21T20:00:00',
      '2026-11-21T20:00:00+99:00',
    ];
    expect(refused.filter((text) => new RegExp(pattern).test(text))).toEqual([]);
    const taken = ['2026-11-21T20:00:00Z', '2028-02-29T20:00:00.123+01:00'];
    expect(taken.filter((text) => new RegExp(pattern).test(text))).toEqual(taken);
    // Go's regular expressions look neither ahead nor back.
    expect(pattern).not.toMatch(/\(\?[=!<]/);
  });

  it('lets nothing of a pod be of any length but the affinity, into which the API server does not look', () => {
    const pod = root.properties?.['spec']?.properties?.['transcode']?.properties?.['pod'] ?? {};
    const unbounded = everySchema(pod).filter(
      ([, { type, pattern, maxLength, maxItems, maxProperties, properties }]) =>
        !(
          type === 'integer' ||
          pattern !== undefined ||
          (type === 'string' && maxLength !== undefined) ||
          (type === 'array' && maxItems !== undefined) ||
          (type === 'object' && (maxProperties ?? Object.keys(properties ?? {}).length) > 0)
        ),
    );
    expect(unbounded.map(([path]) => path)).toEqual(['.affinity']);
  });

  it('checks with CEL what a type cannot say', () => {
    const rules = schemas(root).flatMap(([path, schema]) =>
      (schema['x-kubernetes-validations'] ?? []).map(({ rule }) => `${path}: ${rule}`),
    );
    const names = (pod: string) =>
      ['resources.requests', 'resources.limits', 'nodeSelector'].map(
        (field) => `${pod}.${field}: self.all(name, size(name) <= 317)`,
      );
    const isDuration = "self.matches('^[0-9]{1,6}(ms|s|m|h)$')";
    expect(rules).toEqual([
      ": self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",
      expect.stringMatching(/^\.spec\.startAt: self\.matches\(r'/),
      `.spec.idleAfter: ${isDuration} && duration(self) >= duration('10s') && duration(self) <= duration('24h')`,
      `.spec.ingest.reconnectGrace: ${isDuration} && duration(self) >= duration('0s') && duration(self) <= duration('10m')`,
      `.spec.ingest.idleTimeout: ${isDuration} && duration(self) >= duration('1s') && duration(self) <= duration('10m')`,
      `.spec.ingest.keyRotationGrace: ${isDuration} && duration(self) >= duration('0s') && duration(self) <= duration('168h')`,
      ...names('.spec.ingest.pod'),
      '.spec.transcode: duration(self.partDuration) + duration(self.partDuration) + duration(self.partDuration) + duration(self.partDuration) <= duration(self.segmentDuration)',
      `.spec.transcode.partDuration: ${isDuration} && duration(self) >= duration('100ms') && duration(self) <= duration('1s')`,
      `.spec.transcode.segmentDuration: ${isDuration} && duration(self) >= duration('1s') && duration(self) <= duration('10s')`,
      ...names('.spec.transcode.pod'),
    ]);
  });

  it('keeps the defaults, so that the API server fills them in', () => {
    const found = Object.fromEntries(schemas(root).map(([path, schema]) => [path, schema.default]));
    expect(found).toMatchObject({
      '.spec': { enabled: true, standby: 'warm', ingest: { takeover: 'newest' }, transcode: { ladder: 'none' } },
      '.spec.ingest': { reconnectGrace: '20s' },
      '.spec.ingest.reconnectGrace': '20s',
      '.spec.transcode.ladder': 'none',
      '.spec.enabled': true,
      '.status': { observedGeneration: -1 },
    });
  });

  it('answers the question one asks with kubectl get', () => {
    expect(liveStreamCrd.spec.names).toMatchObject({
      plural: 'livestreams',
      shortNames: ['ls', 'live'],
      categories: ['showrunner'],
    });
    expect(version?.additionalPrinterColumns.filter(({ priority }) => !priority).map(({ name }) => name)).toEqual([
      'Ready',
      'Phase',
      'Source',
      'Latency',
      'Age',
    ]);
  });
});
