import { z } from 'zod';
import { withRules } from './cel-rule.ts';
import { textSchema } from './common.ts';

/** Quantities as Kubernetes writes them, without exponents. */
const QUANTITY = /^[0-9]{1,12}(\.[0-9]{1,9})?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/;
const quantitySchema = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z.string().regex(QUANTITY, 'must be a quantity, such as 250m, 2 or 256Mi'),
);

/** So that no stream is too large for the memory of those who know all of them. */
const MOST_ENTRIES = 16;
/** Names of labels and resources: a DNS name, a slash and a name. */
const LONGEST_NAME = 253 + 1 + 63;
const LONGEST_WORD = 63;

/** Values by the name of a label or of a resource. */
function byNameSchema<S extends z.ZodType>(valueSchema: S) {
  const message = `must have at most ${MOST_ENTRIES} entries`;
  return withRules(
    z.record(z.string(), valueSchema).refine((entries) => Object.keys(entries).length <= MOST_ENTRIES, message),
    [
      {
        cel: `self.all(name, size(name) <= ${LONGEST_NAME})`,
        message: `must have names of at most ${LONGEST_NAME} characters`,
        holds: (entries) => Object.keys(entries).every((name) => Array.from(name).length <= LONGEST_NAME),
      },
    ],
  ).meta({ maxProperties: MOST_ENTRIES });
}

const quantitiesSchema = byNameSchema(
  quantitySchema.meta({ 'x-kubernetes-int-or-string': true, minimum: 0, maximum: 10 ** 12 - 1 }),
);

const tolerationSchema = z.object({
  key: textSchema(LONGEST_NAME).optional(),
  operator: textSchema(LONGEST_WORD).optional(),
  value: textSchema(LONGEST_WORD).optional(),
  effect: textSchema(LONGEST_WORD).optional(),
  tolerationSeconds: z.int32().optional(),
});

/** Kubernetes knows what belongs in here, and checks it when the pod is made. */
const asInPodSchema = z.looseObject({}).meta({ 'x-kubernetes-preserve-unknown-fields': true });

/** How the pods of one component are made and where they run. Nothing on the laptop reads it. */
export const podSchema = z.object({
  image: textSchema(512)
    .min(1)
    .optional()
    .describe("Image in place of the operator's, with the same programs at the same paths."),
  resources: z
    .object({
      requests: quantitiesSchema.optional().describe('What the scheduler sets aside, in place of the default.'),
      limits: quantitiesSchema.optional().describe('What the pod may use at most, in place of the default.'),
    })
    .optional(),
  nodeSelector: byNameSchema(textSchema(LONGEST_WORD)).optional().describe('Labels that the node must have.'),
  tolerations: z
    .array(tolerationSchema)
    .max(MOST_ENTRIES)
    .optional()
    .describe('As in a pod. A node that is lost is tolerated for 10 s, unless they say otherwise.'),
  affinity: asInPodSchema.optional().describe('As in a pod; at most 16384 characters as JSON.'),
  priorityClassName: textSchema(253).min(1).optional().describe('As in a pod.'),
});
export type PodSpec = z.output<typeof podSchema>;
