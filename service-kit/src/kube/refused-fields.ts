import { problemSentence } from '@showrunner/crds';
import type { KubeError } from './kube-error.ts';

/** Field of causes that speak of the whole object. */
const WHOLE = '<nil>';
/** Said beside the real causes. */
const NOT_CHECKED = 'some validation rules were not checked';
/** `Invalid value: "x": must be …`, with the value as JSON where it is text, and without it for rules in CEL. */
const CAUSE = /^(?:Invalid|Unsupported) value: (?:("(?:[^"\\]|\\.)*"): )?(.*)$/s;

/**
 * One sentence for each field that the API refused (422), worded like our own. `secret` keeps values out of them: some
 * causes repeat the whole object.
 */
export function refusedFields({ causes, message }: KubeError, secret: boolean): string[] {
  const real = causes.filter((cause) => cause.message !== undefined && !cause.message.includes(NOT_CHECKED));
  if (real.length === 0) return [secret ? 'The Kubernetes API refused it.' : message];
  return real.map(({ field = '', message: text = '' }) => {
    const [, value, rule = text] = CAUSE.exec(text) ?? [];
    const isWhole = field === '' || field === WHOLE;
    if (value !== undefined) return problemSentence({ where: field, value: JSON.parse(value), rule, secret });
    if (secret) return `${isWhole ? 'It' : field} is not allowed.`;
    return isWhole ? `${rule}.` : `${field}: ${rule}.`;
  });
}
