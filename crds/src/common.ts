import { z } from 'zod';
import { jsonSchemaOf } from './json-schema.ts';

const LABEL_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SUBDOMAIN_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const DATA_KEY = /^[-._a-zA-Z0-9]{1,253}$/;

const LABEL_RULE =
  'must be at most 63 lower-case letters, digits and dashes, and start and end with a letter or a digit';

/** Text of at most so many characters, counted as the API server does: in code points. */
export function textSchema(longest: number) {
  return z
    .string()
    .refine((text) => Array.from(text).length <= longest, `must be at most ${longest} characters`)
    .meta({ maxLength: longest });
}

const DATE_RULE = 'must be a date that exists and a time with its offset, such as 2026-11-21T20:00:00Z';
const DATE_TIME = z.iso.datetime({ offset: true, error: DATE_RULE }).max(40);
const { pattern: DATE_PATTERN } = jsonSchemaOf(DATE_TIME);
if (!DATE_PATTERN) throw new Error('Dates have no pattern to make a rule of.');

/**
 * A date and time that a person writes (RFC 3339). It has a rule in place of a pattern, since the API server says in our
 * words that a rule was broken, and no format, which would make it a time for the rule.
 */
export const dateTimeSchema = DATE_TIME.meta({
  format: undefined,
  pattern: undefined,
  'x-kubernetes-validations': [{ rule: `self.matches(r'${DATE_PATTERN}')`, message: DATE_RULE }],
});

/** Name of a resource that becomes part of URLs and host names (RFC 1123 label). */
const labelNameSchema = z.string().regex(LABEL_NAME, LABEL_RULE);

/** The rule for a resource's name as CEL at the root of a custom resource, where nothing else of metadata is checked. */
export const NAME_VALIDATION = {
  rule: `self.metadata.name.matches('${LABEL_NAME.source}')`,
  message: `metadata.name ${LABEL_RULE}`,
};

/** Name of a Secret (RFC 1123 subdomain). */
export const secretNameSchema = z
  .string()
  .regex(
    SUBDOMAIN_NAME,
    'must be at most 253 lower-case letters, digits, dashes and dots, and start and end with a letter or a digit',
  );

/** Name of an entry of a Secret. */
export const secretKeySchema = z
  .string()
  .regex(DATA_KEY, 'must be 1 to 253 letters, digits, dashes, underscores and dots');

export const secretKeyRefSchema = z.object({
  name: secretNameSchema.describe('Name of a Secret in the same namespace.'),
  key: secretKeySchema.default('streamKey').describe('Which entry of the Secret.'),
});

/** The part of Kubernetes' ObjectMeta that is read here; the rest passes through untouched. */
export const objectMetaSchema = z.looseObject({
  name: labelNameSchema,
  namespace: labelNameSchema.default('default'),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.int().optional(),
  creationTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** A metav1.Condition. */
export const conditionSchema = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().describe('One word in CamelCase, for programs.'),
  message: z.string().describe('A sentence, for people.'),
  lastTransitionTime: z.iso.datetime({ offset: true }).describe('When the status last changed.'),
  observedGeneration: z.int().optional().describe('The generation of the spec that this speaks about.'),
});

export type Condition = z.output<typeof conditionSchema>;
export type ObjectMeta = z.output<typeof objectMetaSchema>;
