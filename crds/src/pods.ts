import { z } from 'zod';

/** Quantities as Kubernetes writes them, without exponents. */
const QUANTITY = /^[0-9]{1,12}(\.[0-9]{1,9})?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/;
const quantitySchema = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z.string().regex(QUANTITY, 'must be a quantity, such as 250m, 2 or 256Mi'),
);
const quantitiesSchema = z.record(z.string(), quantitySchema.meta({ 'x-kubernetes-int-or-string': true }));

/** Kubernetes knows what belongs in here, and checks it when the pod is made. */
const asInPodSchema = z.looseObject({}).meta({ 'x-kubernetes-preserve-unknown-fields': true });

/** How the pods of one component are made and where they run. Nothing on the laptop reads it. */
export const podSchema = z.object({
  image: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe("Image in place of the operator's, with the same programs at the same paths."),
  resources: z
    .object({
      requests: quantitiesSchema.optional().describe('What the scheduler sets aside, in place of the default.'),
      limits: quantitiesSchema.optional().describe('What the pod may use at most, in place of the default.'),
    })
    .optional(),
  nodeSelector: z.record(z.string(), z.string()).optional().describe('Labels that the node must have.'),
  tolerations: z
    .array(asInPodSchema)
    .optional()
    .describe('As in a pod. A node that is lost is tolerated for 10 s, unless they say otherwise.'),
  affinity: asInPodSchema.optional().describe('As in a pod.'),
  priorityClassName: z.string().min(1).max(253).optional().describe('As in a pod.'),
});
export type PodSpec = z.output<typeof podSchema>;
