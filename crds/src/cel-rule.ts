import type { z } from 'zod';

/**
 * A rule that is checked in two places: by zod on the laptop (`holds`) and by the Kubernetes API server (`cel`,
 * a CEL expression over `self`). Both refuse with the same message; `field` names the field to blame, where the rule
 * stands on an object.
 */
export interface CelRule<T> {
  readonly cel: string;
  readonly message: string;
  readonly field?: keyof T & string;
  readonly holds: (self: T) => boolean;
}

/** One entry of `x-kubernetes-validations`. */
interface KubernetesValidation {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

function kubernetesValidation<T>(rule: CelRule<T>): KubernetesValidation {
  return {
    rule: rule.cel,
    message: rule.message,
    ...(rule.field === undefined ? {} : { fieldPath: `.${rule.field}` }),
  };
}

/** The schema with the rules in force, and written into its JSON schema. */
export function withRules<S extends z.ZodType>(schema: S, rules: readonly CelRule<z.output<S>>[]): S {
  return schema
    .superRefine((self, context) => {
      for (const rule of rules) {
        if (rule.holds(self)) continue;
        const { field } = rule;
        context.addIssue({
          code: 'custom',
          message: rule.message,
          input: field === undefined ? self : self[field],
          path: field === undefined ? [] : [field],
        });
      }
    })
    .meta({ 'x-kubernetes-validations': rules.map(kubernetesValidation) });
}
