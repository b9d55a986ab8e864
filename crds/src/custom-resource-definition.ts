import type { z } from 'zod';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';

interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** 1: only with `kubectl get -o wide`. */
  readonly priority?: 1;
}

interface CustomResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly description: string;
  readonly columns: readonly PrinterColumn[];
  /** Of the whole resource: apiVersion, kind, metadata, spec, status. */
  readonly schema: z.ZodType;
}

/** The `apiextensions.k8s.io/v1` CustomResourceDefinition of a kind. */
export function customResourceDefinition(resource: CustomResource) {
  const { group, version, kind, plural, shortNames, categories, description, columns } = resource;
  const root = structural(jsonSchemaOf(resource.schema));
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames, categories },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              ...root,
              description,
              properties: {
                ...root.properties,
                // The API server checks these itself and wants no rules of ours.
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
              },
            },
          },
        },
      ],
    },
  };
}

/**
 * The schema as the API server accepts it ("structural"): no closed objects (it prunes), the int64 format in place of
 * JavaScript's safe-integer bounds, quantities that may be numbers, defaults that are whole. Dates keep their pattern beside the
 * format, which alone lets more through than the services read: lower-case letters, offsets of 99 hours, whatever follows a second T.
 */
function structural(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties, ...rest } = schema;
  const result: JsonSchema = rest;
  if (result.type === 'integer') {
    if (result.minimum === Number.MIN_SAFE_INTEGER) delete result.minimum;
    if (result.maximum === Number.MAX_SAFE_INTEGER) delete result.maximum;
    result.format = 'int64';
  }
  if (result['x-kubernetes-int-or-string']) delete result.type;
  if (properties) {
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, structural(property)]),
    );
  }
  if (items) result.items = structural(items);
  // `properties` and `additionalProperties` exclude each other.
  if (!properties && typeof additionalProperties === 'object' && !result['x-kubernetes-preserve-unknown-fields']) {
    result.additionalProperties = structural(additionalProperties);
  }
  if (schema.default !== undefined) result.default = filled(schema, schema.default);
  return result;
}

/** A default with those of its fields: the API server checks rules against a default before it fills in what is inside. */
function filled({ properties }: JsonSchema, value: unknown): unknown {
  if (!properties || typeof value !== 'object' || value === null) return value;
  const inner = Object.entries(properties)
    .filter(([, property]) => property.default !== undefined)
    .map(([name, property]) => [name, filled(property, property.default)]);
  return { ...Object.fromEntries(inner), ...value };
}
