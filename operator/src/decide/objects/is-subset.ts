import { quantityOf } from './quantity.ts';

/** Fields whose values are quantities, which the API server writes in its own way: 1000m comes back as 1. */
const QUANTITY_FIELDS: ReadonlySet<string> = new Set(['requests', 'limits', 'sizeLimit']);

/**
 * Whether all of `desired` is still in `observed`. What the server and others added does not count: more fields, more items of a
 * list of objects. An empty value may be left out; `false` may not, since all that we set to it are optional fields, whose default is
 * another (`allowPrivilegeEscalation`).
 */
export function isSubset(desired: unknown, observed: unknown, areQuantities = false): boolean {
  if (observed === undefined || observed === null) return isEmpty(desired);
  if (Array.isArray(desired)) {
    if (!Array.isArray(observed)) return false;
    if (desired.some((item) => typeof item !== 'object')) {
      return desired.length === observed.length && desired.every((item, index) => item === observed[index]);
    }
    return desired.every((item) => observed.some((other) => isSubset(item, other)));
  }
  if (desired !== null && typeof desired === 'object') {
    if (typeof observed !== 'object') return false;
    return Object.entries(desired).every(([key, value]) =>
      isSubset(value, (observed as Record<string, unknown>)[key], areQuantities || QUANTITY_FIELDS.has(key)),
    );
  }
  if (areQuantities) {
    const [amount, other] = [desired, observed].map((value) => quantityOf(`${value as string | number}`));
    if (amount !== undefined) return amount === other;
  }
  return desired === undefined || desired === null || desired === observed;
}

function isEmpty(value: unknown): boolean {
  if (value === false) return false;
  return !value || (typeof value === 'object' && Object.values(value).every(isEmpty));
}
