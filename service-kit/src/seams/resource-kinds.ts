import {
  type LiveStreamStatus,
  type Parsed,
  liveStreamSchema,
  parseLiveStream,
  parseLiveStreamStatus,
  parseSecret,
  secretSchema,
} from '@showrunner/crds';
import type { z } from 'zod';
import type { Kind, Kinds } from './resource-store.ts';

/** What a store must know of a kind. */
interface KindRules<T> {
  /** A resource as somebody wrote it, with the status left out. */
  readonly parse: (input: unknown) => Parsed<T>;
  /** Gives what was stored, maybe by an earlier version, the fields and defaults of today. */
  readonly schema: z.ZodType<T>;
  /** What `metadata.generation` counts the changes of. */
  readonly desired: (object: T) => unknown;
  /** Absent where the kind has no status. */
  readonly parseStatus?: (input: unknown) => Parsed<LiveStreamStatus>;
}

export const KIND_RULES: { readonly [K in Kind]: KindRules<Kinds[K]> } = {
  LiveStream: {
    parse: (input) => parseLiveStream(withoutField(input, 'status')),
    schema: liveStreamSchema,
    desired: ({ spec }) => spec,
    parseStatus: parseLiveStreamStatus,
  },
  Secret: {
    parse: (input) => {
      const parsed = parseSecret(input);
      if (!parsed.ok) return parsed;
      const { stringData = {}, ...secret } = parsed.value;
      const data = { ...secret.data };
      for (const [key, text] of Object.entries(stringData)) data[key] = Buffer.from(text).toString('base64');
      return { ok: true, value: { ...secret, data } };
    },
    schema: secretSchema,
    desired: ({ type, data }) => ({ type, data }),
  },
};

function withoutField(input: unknown, field: string): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== field));
}
