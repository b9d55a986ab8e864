/**
 * A metric's value in what a pod says of itself (Prometheus' text), all of its labels added up; those with a certain text in their
 * labels, where it is given.
 */
export function metricIn(text: string, name: string, labels = ''): number {
  const lines = text.split('\n').filter((line) => line.startsWith(name) && /[ {]/.test(line[name.length] ?? ''));
  return lines.filter((line) => line.includes(labels)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
