import { createLogger, streamId } from '@showrunner/service-kit';
import { flvSourceContract } from '@showrunner/service-kit/contracts';
import type { Publisher } from './publisher.ts';
import { Shows } from './shows.ts';

flvSourceContract('ingest, in its own process,', async () => {
  const shows = new Shows({
    logger: createLogger({ name: 'test', level: 'silent' }),
    now: () => performance.now(),
    date: Date.now,
    replayBytes: 2 ** 20,
  });
  const publishers = new Map<string, Publisher>();
  const policy = { takeover: 'newest', reconnectGraceMs: 60_000, idleTimeoutMs: 60_000 } as const;
  return {
    source: shows,
    publisher: {
      start: (stream) => void publishers.set(streamId(stream), shows.publish(stream, { replaced() {} }, policy)!),
      tag: (stream, { type, timestamp, payload }) => publishers.get(streamId(stream))?.media(type, timestamp, payload),
      stop: (stream, reason) => publishers.get(streamId(stream))?.stop(reason),
      end: (stream, reason) => shows.end(stream, reason),
      settle: async () => undefined,
    },
    cleanup: async () => shows.close(),
  };
});
