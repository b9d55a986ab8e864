import { Counter, Gauge, Histogram, type Registry } from '@showrunner/service-kit';

/** What the transcoder tells of its shows. */
export class TranscoderMetrics {
  readonly #shows: Gauge;
  readonly #firstMedia: Histogram;
  readonly #filled: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#shows = new Gauge({
      name: 'showrunner_transcoder_shows',
      help: 'Shows that are running.',
      registers,
    });
    this.#firstMedia = new Histogram({
      name: 'showrunner_transcoder_first_media_seconds',
      help: 'Seconds from the start of a publisher to the first part of its show.',
      buckets: [0.1, 0.2, 0.25, 0.3, 0.5, 1, 2, 5, 10],
      registers,
    });
    this.#filled = new Counter({
      name: 'showrunner_transcoder_filled_seconds_total',
      help: 'Seconds of media made up while a publisher sent nothing.',
      registers,
    });
  }

  started(): void {
    this.#shows.inc();
  }

  ended(): void {
    this.#shows.dec();
  }

  playable(seconds: number): void {
    this.#firstMedia.observe(seconds);
  }

  filled(ms: number): void {
    this.#filled.inc(ms / 1000);
  }
}
