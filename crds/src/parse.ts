import type { z } from 'zod';
import { type LiveStream, type LiveStreamStatus, liveStreamSchema, liveStreamStatusSchema } from './live-stream.ts';
import { pathText, problemSentence, ruleOfIssue } from './problem.ts';
import { type Secret, secretSchema } from './secret.ts';
import { type JsonSchema, jsonSchemaOf, unknownFields, withoutDefaultedNulls } from './json-schema.ts';

/** A resource with its defaults filled in, or one sentence for each rule that it breaks. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: string[] };

interface Grammar<S extends z.ZodType> {
  readonly noun: string;
  readonly schema: S;
  readonly json: JsonSchema;
  /** Where the fields stand in the whole resource. */
  readonly root: readonly string[];
  /** Fields of the root whose values must not be repeated in a sentence. */
  readonly secretFields: readonly string[];
}

function grammar<S extends z.ZodType>(
  noun: string,
  schema: S,
  { root = [], secretFields = [] }: { root?: readonly string[]; secretFields?: readonly string[] } = {},
): Grammar<S> {
  return { noun, schema, json: jsonSchemaOf(schema), root, secretFields };
}

function parse<S extends z.ZodType>(grammar: Grammar<S>, input: unknown): Parsed<z.output<S>> {
  const { noun, schema, json, root, secretFields } = grammar;
  const result = schema.safeParse(withoutDefaultedNulls(json, input), { error: ruleOfIssue, reportInput: true });
  const unknown = unknownFields(json, input).map(
    (path) => `${pathText([...root, ...path])} is not a field of ${noun}.`,
  );
  if (result.success && unknown.length === 0) return { ok: true, value: result.data };
  const broken = (result.error?.issues ?? []).map((issue) => {
    const path = [...root, ...issue.path];
    return problemSentence({
      where: path.length === 0 ? noun : pathText(path),
      value: issue.input,
      rule: issue.message,
      secret: secretFields.includes(String(issue.path[0])),
    });
  });
  return { ok: false, problems: [...new Set([...unknown, ...broken])] };
}

const liveStream = grammar('LiveStream', liveStreamSchema);
const liveStreamStatus = grammar('LiveStream', liveStreamStatusSchema, { root: ['status'] });
const secret = grammar('Secret', secretSchema, { secretFields: ['data', 'stringData'] });

/** A LiveStream as a person wrote it (the object that its YAML or JSON stands for). */
export function parseLiveStream(input: unknown): Parsed<LiveStream> {
  return parse(liveStream, input);
}

/** The status of a LiveStream alone. */
export function parseLiveStreamStatus(input: unknown): Parsed<LiveStreamStatus> {
  return parse(liveStreamStatus, input);
}

/** A Secret; `stringData` still stands apart. No sentence repeats a value of `data` or `stringData`. */
export function parseSecret(input: unknown): Parsed<Secret> {
  return parse(secret, input);
}
