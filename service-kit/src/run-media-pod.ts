import type { z } from 'zod';
import { relaxCollector } from './collector.ts';
import { loadConfig } from './config.ts';
import { createLogger, type LOG_LEVELS, type Logger } from './logger.ts';
import { createRegistry, type Registry } from './metrics.ts';
import { runMain } from './run-main.ts';
import { createShutdown, type Shutdown } from './shutdown.ts';

/** What a process of the media's way does between its start and its end. */
export interface MediaPod {
  /** Resolves when it serves, or when it was closed before that. Throws where it cannot begin. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface MediaPodContext<Config> {
  readonly config: Readonly<Config>;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly shutdown: Shutdown;
}

export interface MediaPodPlan<Config> {
  /** Under which it logs: `edge`. */
  readonly name: string;
  /** Of its settings, which come from SHOWRUNNER_* variables. */
  readonly schema: z.ZodObject & z.ZodType<Config>;
  /** How long its end may take, in milliseconds. */
  readonly closeMs: (config: Readonly<Config>) => number;
  readonly create: (context: MediaPodContext<Config>) => MediaPod | Promise<MediaPod>;
}

/** Runs a process that media goes through, until SIGTERM. */
export async function runMediaPod<Config extends { readonly logLevel: (typeof LOG_LEVELS)[number] }>(
  plan: MediaPodPlan<Config>,
): Promise<void> {
  await runMain(async () => {
    relaxCollector();
    const config = loadConfig(plan.schema, { env: process.env, prefix: 'SHOWRUNNER' }) as Readonly<Config>;
    const logger = createLogger({ name: plan.name, level: config.logLevel });
    const shutdown = createShutdown({ logger, timeoutMs: plan.closeMs(config) });
    const pod = await plan.create({ config, logger, registry: createRegistry(), shutdown });
    shutdown.onShutdown('pod', () => pod.close());
    shutdown.listen(['SIGINT', 'SIGTERM']);
    try {
      await pod.start();
    } catch (error) {
      await shutdown.close();
      throw error;
    }
  });
}
