import { z } from 'zod';
import { objectMetaSchema, secretKeySchema, secretNameSchema } from './common.ts';

/** A Kubernetes v1 Secret; `data` values are base64, `stringData` is folded into `data` when it is applied. */
export const secretSchema = z.object({
  apiVersion: z.literal('v1'),
  kind: z.literal('Secret'),
  metadata: objectMetaSchema.extend({ name: secretNameSchema }),
  type: z.string().default('Opaque'),
  data: z.record(secretKeySchema, z.base64()).default({}),
  stringData: z.record(secretKeySchema, z.string()).optional(),
});
export type Secret = z.output<typeof secretSchema>;
