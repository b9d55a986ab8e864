import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@showrunner/tests/support';
import { POD_STARTS } from '../cluster/moments.ts';
import { publisherRounds } from '../cluster/publisher-rounds.ts';
import { playable, publishedAt } from '../playable.ts';
import type { Figure } from '../report.ts';

/** So that what was made for the LiveStream is not in the way of what its publisher wants. */
const SETTLING_MS = 1_000;

/** Counted from the publish command at the front door to media that the edge gives. */
export const coldStart: Figure = {
  name: 'cold-start',
  describes: 'from a publisher that knocks for a cold LiveStream on a real cluster to the first playable media',
  home: 'cluster',
  run: () =>
    publisherRounds(
      {
        name: 'cold',
        rounds: 15,
        spec: { standby: 'cold' },
        seen: POD_STARTS,
        end: 'playable',
        what: 'cold stream to playable',
        goalMs: 5_000,
      },
      async ({ platform, stream, relay, publish }) => {
        await stream.apply();
        await platform.untilReady(stream.name);
        await sleep(SETTLING_MS);
        publish();
        const began = await publishedAt(relay);
        const url = platform.playlistUrl(stream.name);
        await eventually('playable media', () => playable(url), { everyMs: 20, timeoutMs: 40_000 });
        return began;
      },
    ),
};
