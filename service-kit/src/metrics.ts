import { Registry, collectDefaultMetrics } from '@prometheus-io/client';

export { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';

/** A registry of its own, with the metrics of the process (CPU, memory, event loop, garbage collection) in it. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
