import { markdownTable } from '@showrunner/crds/markdown';
import { isMap, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';

/** The words of JSON Schema that `values.schema.json` uses. */
export interface ValueSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly definitions?: Readonly<Record<string, ValueSchema>>;
}

type Row = readonly [value: string, type: string, fallback: string, meaning: string];

/**
 * Markdown of `docs/reference/chart-values.md`: each value with its type (the schema's), its default and its meaning (the comment
 * before or behind it in `values.yaml`, else the schema's). Throws for a value that lacks one of them.
 */
export function valuesReference(values: string, schema: ValueSchema): string {
  const root = parseDocument(values).contents;
  if (!isMap(root)) throw new Error('values.yaml must hold a map.');
  return `# Values of the chart

What \`helm install --set\` and \`--values\` take. This page is made from \`charts/showrunner/values.yaml\` and \`values.schema.json\` by
\`npm run generate\`. A value that is not on this page is refused.

${markdownTable(['Value', 'Type', 'Default', 'Meaning'], rowsOf(root, schema, schema.definitions ?? {}, []))}
`;
}

function rowsOf(
  map: YAMLMap,
  schema: ValueSchema,
  definitions: Readonly<Record<string, ValueSchema>>,
  path: readonly string[],
): Row[] {
  return map.items.flatMap((item, index): Row[] => {
    const key = String(isScalar(item.key) ? item.key.value : item.key);
    const here = [...path, key];
    const name = here.join('.');
    const named = schema.properties?.[key];
    if (!named) throw new Error(`${name} is not in values.schema.json.`);
    const property = named.$ref ? definitions[named.$ref.replace('#/definitions/', '')] : named;
    if (!property) throw new Error(`${name} refers to a definition that is not there.`);
    if (isMap(item.value) && item.value.items.length > 0 && property.properties)
      return rowsOf(item.value, property, definitions, here);
    const meaning = commentOf(item, index === 0 ? map : undefined) ?? property.description;
    if (meaning === undefined) throw new Error(`${name} has no comment.`);
    const fallback = JSON.stringify((item.value as Node).toJSON());
    return [[`\`${name}\``, typeText(property), `\`${fallback}\``, meaning]];
  });
}

/** The comment behind a value, else the last paragraph before it, in one line. */
function commentOf(item: Pair, mapWhoseFirst: YAMLMap | undefined): string | undefined {
  const { commentBefore } = item.key as { commentBefore?: string | null };
  const { comment } = item.value as { comment?: string | null };
  // The parser gives what stands before the first entry of a map to the map.
  const before = (commentBefore ?? mapWhoseFirst?.commentBefore)?.split(/\n\s*\n/).at(-1);
  return (comment ?? before)?.trim().replace(/\s*\n\s*/g, ' ');
}

function typeText({ enum: options, type, minimum, maximum }: ValueSchema): string {
  if (options) return options.map((option) => `\`${option}\``).join(', ');
  if (Array.isArray(type)) return 'whole number or percentage';
  const range = maximum === undefined ? '' : `, ${minimum ?? 0} to ${maximum}`;
  const words: Record<string, string> = {
    array: 'list',
    boolean: 'true or false',
    integer: `whole number${range}`,
    object: 'map',
    string: 'text',
  };
  const word = words[String(type)];
  if (word === undefined) throw new Error(`There is no word for the type ${String(type)}.`);
  return word;
}
