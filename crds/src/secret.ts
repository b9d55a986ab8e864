import { z } from 'zod';
import { objectMetaSchema } from './common.ts';

/** A Kubernetes v1 Secret; `data` values are base64, `stringData` is folded into `data` when it is applied. */
export const secretSchema = z.object({
  apiVersion: z.literal('v1'),
  kind: z.literal('Secret'),
  metadata: objectMetaSchema,
  type: z.string().default('Opaque'),
  data: z.record(z.string(), z.base64()).default({}),
  stringData: z.record(z.string(), z.string()).optional(),
});
export type Secret = z.output<typeof secretSchema>;
