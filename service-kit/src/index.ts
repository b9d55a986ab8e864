export { relaxCollector } from './collector.ts';
export { ConfigError, loadConfig } from './config.ts';
export { LOG_LEVELS, type Logger, createLogger } from './logger.ts';
export { Counter, Gauge, Histogram, Registry, createRegistry } from './metrics.ts';
export { createOpsHandler } from './ops-handler.ts';
export { type Shutdown, createShutdown } from './shutdown.ts';
export * from './seams/flv-source.ts';
export * from './seams/resource-store.ts';
export { SqliteResourceStore, type SqliteResourceStoreOptions } from './seams/sqlite-resource-store.ts';
