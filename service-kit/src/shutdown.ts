import type { Logger } from './logger.ts';

/** What a shell reports for a process that was ended by Ctrl-C. */
const EXIT_INTERRUPTED = 130;
/** A terminal and the npm above may both pass the same Ctrl-C on: what comes this soon after is no second one. */
const SAME_SIGNAL_MS = 500;

export interface Shutdown {
  /** Adds a step. Steps run one after the other, the one that was added last first. */
  onShutdown(name: string, close: () => Promise<void> | void): void;
  /** Runs the steps; a second call waits for the first. Never rejects: what fails or overruns is logged and passed by. */
  close(): Promise<void>;
  /** Closes on these signals; a second Ctrl-C ends the process at once with code 130. Returns a way to stop listening. */
  listen(signals: readonly NodeJS.Signals[]): () => void;
}

/** Ordered shutdown: each step has `timeoutMs` milliseconds before the next one begins without it. */
export function createShutdown({ logger, timeoutMs }: { logger: Logger; timeoutMs: number }): Shutdown {
  const steps: { name: string; close: () => Promise<void> | void }[] = [];
  let closing: Promise<void> | undefined;

  async function run(): Promise<void> {
    for (let step = steps.pop(); step; step = steps.pop()) {
      const { name, close } = step;
      const overrun = Promise.withResolvers<'overrun'>();
      const timer = setTimeout(() => overrun.resolve('overrun'), timeoutMs);
      try {
        const outcome = await Promise.race([(async () => close())(), overrun.promise]);
        if (outcome === 'overrun') logger.warn({ step: name, timeoutMs }, 'did not close in time; going on without it');
      } catch (error) {
        logger.error({ step: name, err: error }, 'failed to close');
      } finally {
        clearTimeout(timer);
      }
    }
  }

  const close = () => (closing ??= run());

  let closingSince = 0;

  return {
    onShutdown: (name, step) => void steps.push({ name, close: step }),
    close,
    listen(signals) {
      const onSignal = (signal: NodeJS.Signals) => {
        if (closing && performance.now() - closingSince < SAME_SIGNAL_MS) return;
        if (closing) process.exit(EXIT_INTERRUPTED);
        closingSince = performance.now();
        logger.info({ signal }, 'shutting down');
        void close();
      };
      for (const signal of signals) process.on(signal, onSignal);
      return () => {
        for (const signal of signals) process.off(signal, onSignal);
      };
    },
  };
}
