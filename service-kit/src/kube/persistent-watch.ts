import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger.ts';
import { ExpiredError, ForbiddenError } from '../seams/resource-store.ts';
import type { KubeClient, KubeObject, KubeResource, KubeWatchEvent } from './kube-client.ts';
import { asForbidden, KubeError } from './kube-error.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** The server sends a bookmark each minute; a watch that brings not even that is broken. */
const SILENCE_MS = 150_000;
/** A version that so many watches in a row bring nothing from may be one that the server lost (a restored backup). */
const WATCH_ATTEMPTS = 5;
/** A watch that holds for so long shows that the trouble is over, even where nothing happens. */
const STEADY_MS = 30_000;

export type ObjectEvent<T> = Exclude<KubeWatchEvent<T>, { type: 'BOOKMARK' }>;

/**
 * Changes after a version. A watch that the server ends, or that breaks, is begun again where it was, after a pause that
 * grows while nothing comes; so it ends only when the signal aborts or the client is closed. Throws ExpiredError where the
 * server has forgotten what came in between, and where nothing comes again and again, for then it may never; ForbiddenError
 * where the namespace is refused.
 */
export async function* persistentWatch<T extends KubeObject>(
  client: Pick<KubeClient, 'watch' | 'isClosed'>,
  resource: KubeResource,
  options: {
    from: string;
    namespace: string | undefined;
    signal: AbortSignal;
    logger: Pick<Logger, 'warn'>;
    silenceMs?: number;
  },
): AsyncGenerator<ObjectEvent<T>> {
  const { namespace, signal, logger, silenceMs = SILENCE_MS } = options;
  let version = options.from;
  let pauseMs = FIRST_PAUSE_MS;
  let inVain = 0;
  while (!signal.aborted && !client.isClosed) {
    const begun = performance.now();
    let toldToWaitMs = 0;
    let isInVain = true;
    try {
      for await (const event of client.watch<T>(resource, { namespace, from: version, signal, silenceMs })) {
        version = event.object.metadata.resourceVersion ?? version;
        pauseMs = FIRST_PAUSE_MS;
        isInVain = false;
        if (event.type !== 'BOOKMARK') yield event;
        if (signal.aborted) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof KubeError && error.code === 410) {
        throw new ExpiredError(`Changes after version ${version} are not remembered: list again.`);
      }
      const refusal = asForbidden(error, namespace);
      if (refusal instanceof ForbiddenError) throw refusal;
      toldToWaitMs = (error instanceof KubeError && error.retryAfterMs) || 0;
      logger.warn({ err: error, kind: resource.kind, namespace }, 'A watch broke; it goes on where it was.');
    }
    inVain = isInVain ? inVain + 1 : 0;
    if (inVain === WATCH_ATTEMPTS) {
      throw new ExpiredError(`Nothing has come after version ${version} in ${inVain} watches: list again.`);
    }
    if (performance.now() - begun > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    const jittered = Math.max(pauseMs, toldToWaitMs) * (1 + Math.random() / 2);
    await sleep(jittered, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
