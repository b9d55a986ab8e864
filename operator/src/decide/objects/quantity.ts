const QUANTITY = /^([0-9]{0,30})(?:\.([0-9]{0,30}))?(?:e([+-]?[0-9]{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/i;
const DECIMAL_EXPONENTS: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_EXPONENTS: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
/** Kubernetes keeps no more digits after the point. */
const SCALE = 9;

/**
 * What a Kubernetes quantity such as 250m or 64Mi amounts to; `undefined` where the text is none. Counted in whole billionths, so
 * that 0.7 and 700m, which is how the API server writes it, are the same.
 */
export function quantityOf(text: string): number | undefined {
  const [matched, whole = '', fraction = '', exponent = '0', unit = ''] = QUANTITY.exec(text) ?? [];
  const binary = BINARY_EXPONENTS[unit];
  const decimal = binary === undefined ? DECIMAL_EXPONENTS[unit] : 0;
  if (matched === undefined || decimal === undefined || whole + fraction === '') return undefined;
  const digits = BigInt(whole + fraction) << BigInt(binary ?? 0);
  const power = SCALE + Number(exponent) + decimal - fraction.length;
  // What is smaller than a billionth is rounded up, as Kubernetes does.
  const billionths =
    power >= 0 ? digits * 10n ** BigInt(power) : (digits + 10n ** BigInt(-power) - 1n) / 10n ** BigInt(-power);
  return Number(billionths) / 10 ** SCALE;
}
