import { z } from 'zod';

/** What of JSON schema (OpenAPI 3.0) appears in our schemas. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  maxProperties?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-validations'?: { rule: string; message: string; fieldPath?: string }[];
}

/** The JSON schema of what a person may write: fields with a default are not required. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as JsonSchema;
}

/** Paths of the fields in `value` that the schema does not know, in the order in which they were written. */
export function unknownFields(schema: JsonSchema, value: unknown): PropertyKey[][] {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return [];
    return value.flatMap((entry, at) => unknownFields(items, entry).map((path) => [at, ...path]));
  }
  const { properties } = schema;
  if (!properties || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]): PropertyKey[][] => {
    if (!Object.hasOwn(properties, name)) return schema.additionalProperties === undefined ? [[name]] : [];
    return unknownFields(properties[name] ?? {}, field).map((path) => [name, ...path]);
  });
}

/**
 * The value without the nulls that stand where the schema has a default (`ingest:` with nothing behind it), as the
 * Kubernetes API server drops them before it fills in defaults.
 */
export function withoutDefaultedNulls(schema: JsonSchema, value: unknown): unknown {
  const { properties, items } = schema;
  if (items && Array.isArray(value)) return value.map((entry) => withoutDefaultedNulls(items, entry));
  if (!properties || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (!property) return [[name, field]];
      if (field === null && property.default !== undefined) return [];
      return [[name, withoutDefaultedNulls(property, field)]];
    }),
  );
}
