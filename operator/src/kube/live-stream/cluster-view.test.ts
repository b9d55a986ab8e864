import { createLogger } from '@showrunner/service-kit';
import {
  type KubeClient,
  KubeConnectionError,
  KubeError,
  type KubeResource,
  type Selection,
} from '@showrunner/service-kit/kube';
import { expect, it, onTestFinished, vi } from 'vitest';
import { SETTINGS } from '../../decide/live-stream/testing/world.ts';
import { ClusterView } from './cluster-view.ts';

/** A view of two namespaces, of which one gives no list. */
function viewOf(failure: Error) {
  const client = {
    async *pages(_resource: KubeResource, { namespace }: Selection) {
      if (namespace === 'b') throw failure;
      yield { items: [], resourceVersion: '1' };
    },
    async *watch(_resource: KubeResource, { signal }: { signal: AbortSignal }) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      yield* [];
    },
  } as unknown as KubeClient;
  const nothing = () => undefined;
  const view = new ClusterView({
    client,
    namespaces: ['a', 'b'],
    settings: SETTINGS,
    logger: createLogger({ name: 'test', level: 'silent' }),
    onSynced: nothing,
    onChange: nothing,
    onRoomChange: nothing,
  });
  view.start();
  onTestFinished(() => view.close());
  return view;
}

it('is complete without a namespace that is refused for more than a moment, but not where nothing is known of one', async () => {
  const [forbidden, absent, unauthorized, silent] = [
    viewOf(new KubeError(403, {})),
    viewOf(new KubeError(404, {})),
    viewOf(new KubeError(401, {})),
    viewOf(new KubeConnectionError('No answer.')),
  ];
  const completed = () => [forbidden, absent, unauthorized, silent].map(({ complete }) => complete);
  await vi.waitFor(() => expect([forbidden, silent].every(({ synced }) => synced)).toBe(true));
  expect(completed()).toEqual([false, false, false, false]);
  await vi.waitFor(() => expect(completed()).toEqual([true, true, false, false]), 10_000);
  expect(forbidden.problems).not.toEqual([]);
});
