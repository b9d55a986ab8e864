import { Counter, type Registry } from '@showrunner/service-kit';

/** Counts over all encoders of the process. */
export class EncoderMetrics {
  readonly failures: Counter;
  readonly droppedGops: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.failures = new Counter({
      name: 'showrunner_encoder_failures_total',
      help: 'ffmpeg children of live shows that died, hung or gave nonsense, and were started anew.',
      registers,
    });
    this.droppedGops = new Counter({
      name: 'showrunner_encoder_dropped_gops_total',
      help: 'Groups of pictures that an encoder lost because it was too slow.',
      registers,
    });
  }
}
