export { type BoundedConnections, boundConnections } from './bound-connections.ts';
export { type BackOff, backOffMs } from './back-off.ts';
export { BOUNDED_REQUESTS, boundRequests, MOST_CONNECTION_BYTES } from './bound-requests.ts';
export { keepNewSpaceSmall, relaxCollector, tightenCollector } from './collector.ts';
export { ConfigError, loadConfig, unknownVariables } from './config.ts';
export { hashStreamKey } from './hash-stream-key.ts';
export { HttpListener, type HttpListenerOptions } from './http-listener.ts';
export { leanLiveStream } from './lean-live-stream.ts';
export { KeyedQueue, type KeyedQueueOptions } from './keyed-queue.ts';
export { LOG_LEVELS, type Logger, createLogger } from './logger.ts';
export { Counter, Gauge, Histogram, Registry, addGauge, createRegistry } from './metrics.ts';
export { namespacesSchema } from './namespaces-schema.ts';
export { createOpsHandler } from './ops-handler.ts';
export { createOpsListener } from './ops-listener.ts';
export {
  clusterDomainSetting,
  drainMsSchema,
  hostNameSchema,
  POD_SETTINGS,
  portSchema,
  showDrainMs,
  streamFolderSetting,
} from './pod-settings.ts';
export { type IngestState, type TranscoderState, ingestStateSchema, transcoderStateSchema } from './pod-state.ts';
export { runMain } from './run-main.ts';
export { runMediaPod } from './run-media-pod.ts';
export { type Shutdown, createShutdown } from './shutdown.ts';
export { type AudioFacts, type StreamFacts, streamFactsSchema, type VideoFacts } from './stream-facts.ts';
export { createStateHandler } from './state-handler.ts';
export { StreamFolder, type StreamFiles, type StreamFolderOptions } from './stream-folder.ts';
export { unpooled } from './unpooled.ts';
export * from './seams/flv-source.ts';
export { type Feed, follow } from './seams/follow.ts';
export * from './seams/resource-store.ts';
export { SqliteResourceStore, type SqliteResourceStoreOptions } from './seams/sqlite-resource-store.ts';
