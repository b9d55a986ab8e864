import { Counter, type Registry, addGauge } from '@showrunner/service-kit';
import type { UpstreamProblem } from './upstream-stream.ts';

/** How a viewer's request was served: from memory, with the others that wait, by asking the transcoder, or not. */
export type RequestOutcome = 'hit' | 'coalesced' | 'upstream' | 'refused';

/** What an edge can be asked at any time. */
export interface EdgeFigures {
  readonly cacheBytes: () => number;
  readonly cacheEntries: () => number;
  readonly waiting: () => number;
  readonly held: () => number;
  readonly streams: () => number;
}

/** What an edge tells of itself. What happens with each request only adds; the registry fetches the sums. */
export class EdgeMetrics {
  readonly #registry: Registry;
  readonly #requests: Record<RequestOutcome, number> = { hit: 0, coalesced: 0, upstream: 0, refused: 0 };
  readonly #failures: Counter<'problem'>;
  #upstream = 0;
  #sentBytes = 0;
  #notLookedUp = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
    const registers = [registry];
    const requests = this.#requests;
    new Counter({
      name: 'showrunner_edge_requests_total',
      help: 'Requests for media: from memory, joined to another that waits, passed to the transcoder, or refused.',
      labelNames: ['outcome'],
      registers,
      collect() {
        this.reset();
        for (const [outcome, count] of Object.entries(requests)) this.inc({ outcome }, count);
      },
    });
    this.#sum('showrunner_edge_upstream_requests_total', 'Requests to transcoders, those tried again included.', () => {
      return this.#upstream;
    });
    this.#sum('showrunner_edge_sent_bytes_total', 'Bytes of answers, heads not counted.', () => this.#sentBytes);
    this.#sum(
      'showrunner_edge_lookups_refused_total',
      'Requests that were refused since too many streams were looked for whose transcoder was not reached yet.',
      () => this.#notLookedUp,
    );
    this.#failures = new Counter({
      name: 'showrunner_edge_upstream_failures_total',
      help: 'Questions to transcoders that were given up, by problem.',
      labelNames: ['problem'],
      registers,
    });
  }

  request(outcome: RequestOutcome): void {
    this.#requests[outcome] += 1;
  }

  upstream(): void {
    this.#upstream += 1;
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  notLookedUp(): void {
    this.#notLookedUp += 1;
  }

  failed(problem: UpstreamProblem): void {
    this.#failures.inc({ problem });
  }

  observe(figures: EdgeFigures): void {
    this.#level('showrunner_edge_cache_bytes', 'Bytes of answers that are kept.', figures.cacheBytes);
    this.#level('showrunner_edge_cache_entries', 'Answers that are kept.', figures.cacheEntries);
    this.#level('showrunner_edge_waiting_requests', 'Requests of viewers that wait for an answer.', figures.waiting);
    this.#level('showrunner_edge_held_requests', 'Questions that wait for a transcoder to come back.', figures.held);
    this.#level('showrunner_edge_streams', 'Streams that were asked for in the last minute.', figures.streams);
  }

  #level(name: string, help: string, value: () => number): void {
    addGauge(this.#registry, name, help, value);
  }

  #sum(name: string, help: string, value: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  }
}
