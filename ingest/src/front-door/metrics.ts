import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';
import type { RefusalCode } from '../errors.ts';

/** What the front door counts. Labels never hold anything that a client sent. */
export class FrontDoorMetrics {
  readonly connections: Gauge;
  readonly held: Gauge;
  readonly spliced: Gauge;
  readonly waitSeconds: Histogram;
  readonly knocks: Counter<'outcome'>;
  readonly #refused: Counter<'reason'>;
  readonly #bytes = { in: 0, out: 0 };

  constructor(registry: Registry) {
    const registers = [registry];
    this.connections = new Gauge({
      name: 'showrunner_front_door_connections',
      help: 'Open RTMP and RTMPS connections, publishing or not.',
      registers,
    });
    this.held = new Gauge({
      name: 'showrunner_front_door_held',
      help: 'Publishers that are let in and wait for their ingest.',
      registers,
    });
    this.spliced = new Gauge({
      name: 'showrunner_front_door_spliced',
      help: 'Publishers whose bytes are passed on to their ingest.',
      registers,
    });
    this.waitSeconds = new Histogram({
      name: 'showrunner_front_door_wait_seconds',
      help: 'From the key of a publisher to its ingest taking the stream.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 25],
      registers,
    });
    this.knocks = new Counter({
      name: 'showrunner_front_door_knocks_total',
      help: 'Requests to the operator for the pods of a stream, by outcome: heard or failed.',
      labelNames: ['outcome'],
      registers,
    });
    this.#refused = new Counter({
      name: 'showrunner_front_door_refused_total',
      help: 'Connections turned away or ended by us, by reason.',
      labelNames: ['reason'],
      registers,
    });
    const bytes = this.#bytes;
    new Counter({
      name: 'showrunner_front_door_bytes_total',
      help: 'Bytes passed on, by direction: in to the ingest, out to the publisher.',
      labelNames: ['direction'],
      registers,
      collect() {
        this.reset();
        this.inc({ direction: 'in' }, bytes.in);
        this.inc({ direction: 'out' }, bytes.out);
      },
    });
  }

  /** Once per read, so it only adds; the registry fetches the sum. */
  passed(direction: 'in' | 'out', bytes: number): void {
    this.#bytes[direction] += bytes;
  }

  refusal(reason: RefusalCode | 'too-many-connections'): void {
    this.#refused.inc({ reason });
  }
}
