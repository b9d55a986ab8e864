const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const QUANTITY = /^([0-9.]+(?:e[0-9+-]+)?)([a-zA-Z]*)$/;

/** What a Kubernetes quantity such as 250m or 64Mi amounts to; `undefined` where the text is none. */
export function quantityOf(text: string): number | undefined {
  const [, digits = '', unit = ''] = QUANTITY.exec(text) ?? [];
  const amount = Number(digits || NaN) * (FACTORS[unit] ?? NaN);
  return Number.isNaN(amount) ? undefined : amount;
}
