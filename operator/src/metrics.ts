import { Counter, Histogram, type Registry, addGauge } from '@showrunner/service-kit';

/** What the operator counts. */
export class OperatorMetrics {
  readonly reconciles: Counter<'outcome'>;
  readonly reconcileSeconds: Histogram;
  readonly queueWaitSeconds: Histogram;
  readonly writes: Counter<'verb' | 'kind' | 'code'>;
  readonly eventsDropped: Counter;
  readonly #registry: Registry;

  constructor(registry: Registry, read: { queueDepth: () => number; failing: () => number; leads: () => boolean }) {
    this.#registry = registry;
    const registers = [registry];
    this.reconciles = new Counter({
      name: 'showrunner_operator_reconciles_total',
      help: 'Decisions that were carried out, by outcome: settled, again, failed.',
      labelNames: ['outcome'],
      registers,
    });
    this.reconcileSeconds = new Histogram({
      name: 'showrunner_operator_reconcile_seconds',
      help: 'From observing a resource to the last write.',
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2, 10],
      registers,
    });
    this.queueWaitSeconds = new Histogram({
      name: 'showrunner_operator_queue_wait_seconds',
      help: 'How long resources waited for their turn.',
      buckets: [0.001, 0.01, 0.1, 1, 10, 60],
      registers,
    });
    this.writes = new Counter({
      name: 'showrunner_operator_writes_total',
      help: 'Writes to the Kubernetes API by verb, kind and answer (ok, a status code, or none).',
      labelNames: ['verb', 'kind', 'code'],
      registers,
    });
    this.eventsDropped = new Counter({
      name: 'showrunner_operator_events_dropped_total',
      help: 'Events that were not recorded, because there were too many.',
      registers,
    });
    this.gauge('showrunner_operator_queue_depth', 'Resources that wait for their turn.', read.queueDepth);
    this.gauge('showrunner_operator_failing', 'Resources whose last attempt failed.', read.failing);
    this.gauge('showrunner_operator_leader', '1 where this process leads.', () => Number(read.leads()));
  }

  /** Adds a value that is read when it is asked for. */
  gauge(name: string, help: string, value: () => number): void {
    addGauge(this.#registry, name, help, value);
  }
}
