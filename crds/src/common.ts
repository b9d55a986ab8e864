import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^[0-9]{1,6}(ms|s|m|h|d)$/;

/** Milliseconds of a duration such as `200ms`, `20s`, `10m`. Throws where the text is not one. */
export function durationMs(text: string): number {
  const unit = DURATION.exec(text)?.[1] as keyof typeof UNIT_MS | undefined;
  if (!unit) throw new RangeError(`"${text}" is not a duration: write a number and a unit, as in 200ms, 20s or 10m`);
  return Number(text.slice(0, -unit.length)) * UNIT_MS[unit];
}

/** A duration as text, between two others. */
export function durationSchema(range: { min: string; max: string }) {
  const sentence = `must be a duration between ${range.min} and ${range.max}, such as 200ms, 20s or 10m`;
  return z
    .string()
    .regex(DURATION, sentence)
    .refine((text) => {
      if (!DURATION.test(text)) return false;
      const ms = durationMs(text);
      return ms >= durationMs(range.min) && ms <= durationMs(range.max);
    }, sentence);
}

export const secretKeyRefSchema = z.object({
  name: z.string().min(1).max(253).describe('Name of a Secret in the same namespace.'),
  key: z.string().min(1).max(253).default('streamKey').describe('Which entry of the Secret.'),
});

/** The part of Kubernetes' ObjectMeta that is read here; the rest passes through untouched. */
export const objectMetaSchema = z.looseObject({
  name: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and dashes, and start and end with a letter or digit'),
  namespace: z.string().min(1).max(63).default('default'),
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
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
  observedGeneration: z.int().optional(),
});
export type Condition = z.output<typeof conditionSchema>;
export type ObjectMeta = z.output<typeof objectMetaSchema>;
