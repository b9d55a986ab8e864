import { Gauge, Registry, collectDefaultMetrics } from '@prometheus-io/client';

export { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';

/**
 * How often the event loop is looked at, in milliseconds: each look wakes the process. At the usual 10 and 100 ms they cost
 * more than all else that an idle one does.
 */
const EVENT_LOOP_LOOKS = { eventLoopMonitoringPrecision: 200, eventLoopUtilizationTimeout: 1000 };

/** A registry of its own, with the metrics of the process (CPU, memory, event loop, garbage collection) in it. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, ...EVENT_LOOP_LOOKS });
  return registry;
}

/** Adds a value that is read when it is asked for. */
export function addGauge(registry: Registry, name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(value());
    },
  });
}
