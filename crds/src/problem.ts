import type { z } from 'zod';

const SHOWN_LENGTH = 80;

const TYPES: Record<string, string> = {
  string: 'must be text',
  number: 'must be a number',
  int: 'must be a whole number',
  boolean: 'must be true or false',
  object: 'must be a set of fields',
  record: 'must be a set of names and values',
  array: 'must be a list',
};
const FORMATS: Record<string, string> = {
  datetime: 'must be a date and time with its offset, such as 2026-11-21T20:00:00Z',
  base64: 'must be base64',
  url: 'must be a URL',
};
const LENGTH_UNITS: Record<string, string> = { string: ' characters', array: ' entries' };

/** `a, b or c`. */
function choiceOf(values: readonly unknown[]): string {
  const names = values.map(String);
  const last = names.pop() ?? '';
  return names.length > 0 ? `${names.join(', ')} or ${last}` : last;
}

/** The rule that a value broke, in words. Given to zod with `safeParse`, so that a schema's own message still wins. */
export const ruleOfIssue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${JSON.stringify(issue.values[0])}`
        : `choose one of ${choiceOf(issue.values)}`;
    case 'invalid_type':
      return TYPES[issue.expected] ?? `must be ${issue.expected}`;
    case 'invalid_format':
      return FORMATS[issue.format] ?? undefined;
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'must not be empty';
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${LENGTH_UNITS[issue.origin] ?? ''}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${LENGTH_UNITS[issue.origin] ?? ''}`;
    case 'unrecognized_keys':
      return 'is not known';
    case 'invalid_key':
      return issue.issues[0] && `its name ${issue.issues[0].message}`;
    case 'not_multiple_of':
    case 'invalid_union':
    case 'invalid_element':
    case 'custom':
      return undefined;
  }
};

/** A value as JSON, cut where it is long. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

/**
 * One sentence for one problem: `spec.transcode.ladder: "999p" is not allowed: choose one of 1080p or none.`
 * `secret` keeps the value out of it.
 */
export function problemSentence(problem: { where: string; value: unknown; rule: string; secret?: boolean }): string {
  if (problem.value === undefined) return `${problem.where} is missing: ${problem.rule}.`;
  const value = problem.secret ? 'this value (not shown)' : shown(problem.value);
  return `${problem.where}: ${value} is not allowed: ${problem.rule}.`;
}

/** `spec.ingest.keyHashes[0].sha256` */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at === 0 ? '' : '.'}${String(step)}`))
    .join('');
}
