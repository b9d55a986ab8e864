import { z } from 'zod';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A setting that restricts a process to some namespaces: `one,two`; all of them where it is empty. Gives each once. */
export const namespacesSchema = z
  .string()
  .default('')
  .transform((text) => [...new Set(text.split(',').map((name) => name.trim()))].filter((name) => name !== ''))
  .refine((names) => names.every((name) => LABEL.test(name)), 'must be names of namespaces with commas between them');
