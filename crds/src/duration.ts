import { z } from 'zod';
import { withRules } from './cel-rule.ts';

/** The units that Go and CEL know too; there is no day among them. */
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const DURATION = /^[0-9]{1,6}(ms|s|m|h)$/;
const LONGEST_TEXT = 8;

/** Milliseconds of a duration such as `200ms`, `20s`, `10m`. Throws a RangeError where the text is not one. */
export function durationMs(text: string): number {
  const unit = DURATION.exec(text)?.[1] as keyof typeof UNIT_MS | undefined;
  if (!unit) throw new RangeError(`"${text}" is not a duration: write a number and a unit, as in 200ms, 20s or 10m`);
  return Number(text.slice(0, -unit.length)) * UNIT_MS[unit];
}

/** A duration as text, from `min` to `max` inclusive. */
export function durationSchema({ min, max }: { min: string; max: string }) {
  const message = `must be a duration from ${min} to ${max}, such as 200ms, 20s or 10m`;
  const [minMs, maxMs] = [durationMs(min), durationMs(max)];
  return withRules(z.string({ error: message }).regex(DURATION, { error: message, abort: true }), [
    {
      cel: `self.matches('${DURATION.source}') && duration(self) >= duration('${min}') && duration(self) <= duration('${max}')`,
      message,
      holds: (text) => durationMs(text) >= minMs && durationMs(text) <= maxMs,
    },
    // No pattern: the API server quotes that, where it says in our words that a rule was broken.
  ]).meta({ maxLength: LONGEST_TEXT, pattern: undefined });
}
