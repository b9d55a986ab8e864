import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import type { RefusalCode } from './errors.ts';

/** What ingest counts. Labels never hold anything that a client sent. */
export class IngestMetrics {
  readonly connections: Gauge;
  readonly publishers: Gauge;
  readonly refused: Counter<'reason'>;
  readonly flvReaders: Gauge;
  readonly flvReadersDropped: Counter;
  readonly nginxStarts: Counter;
  readonly nginxDropped: Counter;
  #receivedBytes = 0;

  constructor(registry: Registry) {
    const registers = [registry];
    this.connections = new Gauge({
      name: 'showrunner_ingest_connections',
      help: 'Open RTMP connections, publishing or not.',
      registers,
    });
    this.publishers = new Gauge({
      name: 'showrunner_ingest_publishers',
      help: 'Connections that publish.',
      registers,
    });
    const receivedBytes = (): number => this.#receivedBytes;
    new Counter({
      name: 'showrunner_ingest_received_bytes_total',
      help: 'Bytes received over RTMP.',
      registers,
      collect() {
        this.reset();
        this.inc(receivedBytes());
      },
    });
    this.refused = new Counter({
      name: 'showrunner_ingest_refused_total',
      help: 'Connections turned away or ended by us, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.flvReaders = new Gauge({
      name: 'showrunner_ingest_flv_readers',
      help: 'Open HTTP-FLV responses.',
      registers,
    });
    this.flvReadersDropped = new Counter({
      name: 'showrunner_ingest_flv_readers_dropped_total',
      help: 'HTTP-FLV readers disconnected because they read too slowly.',
      registers,
    });
    this.nginxStarts = new Counter({
      name: 'showrunner_ingest_nginx_starts_total',
      help: 'How often nginx was started for the engine nginx-rtmp; more than once means that it ended by itself.',
      registers,
    });
    this.nginxDropped = new Counter({
      name: 'showrunner_ingest_nginx_dropped_messages_total',
      help: 'Audio and video messages that nginx dropped because they were not read in time.',
      registers,
    });
  }

  /** Once per read, so it only adds; the registry fetches the sum. */
  received(bytes: number): void {
    this.#receivedBytes += bytes;
  }

  refusal(reason: RefusalCode | 'too-many-connections'): void {
    this.refused.inc({ reason });
  }
}
