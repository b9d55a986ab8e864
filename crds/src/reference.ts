import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
import { API_VERSION, liveStreamSchema } from './live-stream.ts';
import { markdownTable } from './markdown-table.ts';
import { pathText } from './problem.ts';

/** Markdown of `docs/reference/live-stream.md`: every field with its type, default and meaning. */
export function liveStreamReference(): string {
  const { spec, status } = jsonSchemaOf(liveStreamSchema).properties ?? {};
  return `# LiveStream

\`apiVersion: ${API_VERSION}\`, \`kind: LiveStream\`. One show. This page is made from the schema by \`npm run generate\`.

\`metadata.name\` is at most 63 lower-case letters, digits and dashes, and starts and ends with a letter or a digit.
A duration is a whole number and a unit (\`ms\`, \`s\`, \`m\` or \`h\`), such as \`200ms\`, \`20s\` or \`10m\`. A field that is not on this page is refused.

## spec

${markdownTable(HEAD, fields(spec ?? {}, ['spec']))}

## status

Written by the services, never by a person.

${markdownTable(HEAD, fields(status ?? {}, ['status']))}
`;
}

const HEAD = ['Field', 'Type', 'Default', 'Meaning'];
type Row = readonly [field: string, type: string, fallback: string, meaning: string];

/** One row for each field that has no fields of its own. */
function fields(schema: JsonSchema, path: readonly string[]): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]): Row[] => {
    const here = [...path, name];
    const required = schema.required?.includes(name) ?? false;
    const row: Row = [`\`${pathText(here)}\``, typeText(property), defaultText(property, required), meaning(property)];
    if (property.items) {
      const entries = fields(property.items, [...path, `${name}[]`]);
      return property.description === undefined ? entries : [row, ...entries];
    }
    if (!property.properties) return [row];
    const nested = fields(property, here);
    return property.description === undefined ? nested : [row, ...nested];
  });
}

function typeText(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  const rule = schema['x-kubernetes-validations']?.[0]?.message ?? '';
  const range = /^must be a duration (from \S+ to \S+),/.exec(rule);
  if (range) return `duration ${range[1]}`;
  if (schema.format === 'date-time' || rule.startsWith('must be a date')) return 'date and time';
  if (schema.type === 'string') return schema.maxLength === undefined ? 'text' : `text, at most ${schema.maxLength}`;
  const names: Record<string, string> = { integer: 'whole number', boolean: 'true or false', array: 'list' };
  return names[schema.type ?? ''] ?? schema.type ?? 'anything';
}

function defaultText(schema: JsonSchema, required: boolean): string {
  if (schema.default === undefined) return required ? 'required' : '';
  return `\`${typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)}\``;
}

function meaning(schema: JsonSchema): string {
  return schema.description ?? '';
}
