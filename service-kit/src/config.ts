import { readFileSync } from 'node:fs';
import { pathText, problemSentence, ruleOfIssue } from '@showrunner/crds';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { deepFreeze } from './deep-freeze.ts';

/** Thrown for a configuration that breaks a rule: one sentence for each problem, with key, value and rule. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `SHOWRUNNER` makes `SHOWRUNNER_HTTP_PORT` of the key `httpPort`. */
  readonly prefix: string;
  /** Path of a YAML file with the keys of the schema. The environment wins over it. */
  readonly file?: string | undefined;
}

const SECRET_KEY = /key|token|secret|password|passphrase|credential/i;

/**
 * The configuration, with defaults, frozen. Numbers and booleans are read from the environment's text; an empty
 * variable counts as absent. Keys that the schema does not know are refused in the file, but not in the environment,
 * which services share. Throws ConfigError.
 */
export function loadConfig<S extends z.ZodObject>(
  schema: S,
  { env, prefix, file }: ConfigSources,
): Readonly<z.output<S>> {
  const variable = (key: string) => variableOf(prefix, key);
  const content = file === undefined ? {} : readConfigFile(file);
  const problems = Object.keys(content)
    .filter((key) => !Object.hasOwn(schema.shape, key))
    .map((key) => `${key} in ${file} is not a setting.`);

  const fromEnv: Record<string, unknown> = {};
  for (const [key, field] of Object.entries<z.core.$ZodType>(schema.shape)) {
    const text = env[variable(key)];
    if (text) fromEnv[key] = fromText(text, field);
  }
  const input: Record<string, unknown> = { ...content, ...fromEnv };

  const result = schema.safeParse(input, { error: ruleOfIssue });
  for (const { code, path, message: rule } of result.error?.issues ?? []) {
    const key = String(path[0] ?? '');
    const where =
      Object.hasOwn(content, key) && !Object.hasOwn(fromEnv, key) ? `${pathText(path)} in ${file}` : variable(key);
    // Not the value that zod reports: where a rule spans several settings that is all of them, secrets too.
    const value = valueAt(input, path);
    if (path.length === 0) problems.push(`The settings do not go together: ${rule}.`);
    else if (code === 'custom' && value === undefined) problems.push(`${where} must not be left unset: ${rule}.`);
    else problems.push(problemSentence({ where, value, rule, secret: SECRET_KEY.test(key) }));
  }
  if (!result.success || problems.length > 0) throw new ConfigError([...new Set(problems)]);
  return deepFreeze(result.data);
}

/** Variables with the prefix that set nothing of the schema, most likely misspelt. */
export function unknownVariables(schema: z.ZodObject, { env, prefix }: Omit<ConfigSources, 'file'>): string[] {
  const known = new Set(Object.keys(schema.shape).map((key) => variableOf(prefix, key)));
  return Object.keys(env).filter((name) => name.startsWith(`${prefix}_`) && !known.has(name));
}

function variableOf(prefix: string, key: string): string {
  return `${prefix}_${key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step], input);
}

function readConfigFile(file: string): object {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8')) ?? {};
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new ConfigError([`The configuration file ${file} cannot be read: ${reason.replace(/[.:]$/, '')}.`]);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigError([`The configuration file ${file} must hold settings, one \`name: value\` a line.`]);
  }
  return content;
}

/** Text from the environment as the type that the schema wants; text that is not of that type stays for zod to refuse. */
function fromText(text: string, schema: z.core.$ZodType): unknown {
  const type = innermost(schema)._zod.def.type;
  if ((type === 'number' || type === 'int') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean') return { true: true, '1': true, false: false, '0': false }[text] ?? text;
  return text;
}

/** What stands inside `.optional()`, `.default()` and their like. */
function innermost(schema: z.core.$ZodType): z.core.$ZodType {
  const { innerType } = schema._zod.def as { innerType?: z.core.$ZodType };
  return innerType ? innermost(innerType) : schema;
}
