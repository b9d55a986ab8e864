/** Why a namespace's rules keep an object out, from what the API server says. */
export interface QuotaRefusal {
  readonly kind: 'exhausted' | 'values-missing' | 'limit-range';
  readonly message: string;
}

/**
 * How every refusal of admission begins. Other messages quote what users wrote, so that nothing is looked for in the middle of
 * them; and no two neighbours in a pattern match the same character, so that none tries more than once.
 */
const FORBIDDEN = /^\S+ (?:"[^"]*" )?is forbidden: /;
const EXCEEDED = /^exceeded quota: (\S+), requested: (\S+), used: (\S+), limited: (\S+)$/;
const UNSTATED = /^failed quota: ([^:]+): must specify (.+)$/;
const OUT_OF_RANGE = /^(?:maximum|minimum|\S+ max limit to request ratio) /;

/** `limits.memory=300Mi,requests.cpu=150m` */
function amounts(list: string): Map<string, string> {
  const pairs = list.split(',').map((pair) => pair.split('=', 2) as [string, string]);
  return new Map(pairs);
}

/**
 * Explains a refusal of Kubernetes' ResourceQuota and LimitRange admission (plugin/pkg/admission/resourcequota and limitranger);
 * `undefined` for any other message. `subject`: what was to be made, as in "the ingest pod".
 */
export function explainQuota(message: string, subject: string): QuotaRefusal | undefined {
  const start = FORBIDDEN.exec(message);
  if (!start) return undefined;
  const rule = message.slice(start[0].length);
  const exceeded = EXCEEDED.exec(rule);
  if (exceeded) {
    const [, quota = '', requested = '', used = '', limited = ''] = exceeded;
    const [inUse, most] = [amounts(used), amounts(limited)];
    // A long message may have been cut.
    const numbers = [...amounts(requested)].map(([what, asked]) => {
      const use = most.has(what) ? `, and ${inUse.get(what)} of ${most.get(what)} are used` : '';
      return `it needs ${asked} of ${what}${use}`;
    });
    return {
      kind: 'exhausted',
      message: `ResourceQuota "${quota}" has no room for ${subject}: ${numbers.join('; ')}.`,
    };
  }
  const unstated = UNSTATED.exec(rule);
  if (unstated) {
    const [, quota = '', fields = ''] = unstated;
    const names = fields.split(';').map((field) => field.split(' for: ', 1)[0]?.trim());
    return {
      kind: 'values-missing',
      message: `ResourceQuota "${quota}" demands that ${subject} states ${names.join(' and ')}: set them under resources of the pod in the spec.`,
    };
  }
  // Several are put in brackets.
  const ranges = rule.startsWith('[') ? rule.slice(1).replace(/\]$/, '') : rule;
  if (OUT_OF_RANGE.test(ranges)) {
    return {
      kind: 'limit-range',
      message: `A LimitRange of the namespace keeps ${subject} out: ${ranges}. Change resources of the pod in the spec, or the LimitRange.`,
    };
  }
  return undefined;
}

/** Names of pods are random; the rest of a message is not. */
const NAME_OF_POD = /^pods "[^"]*" is forbidden: /;

export function withoutPodName(message: string): string {
  return message.replace(NAME_OF_POD, '');
}
