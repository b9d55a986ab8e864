import { eventually } from '@showrunner/tests/support';
import { POD_STARTS } from '../cluster/moments.ts';
import { publisherRounds } from '../cluster/publisher-rounds.ts';
import { hasSent } from '../playable.ts';
import type { Figure } from '../report.ts';

/** What an encoder sends first when it was told that it may publish. */
const FIRST_WORD = 'onMetaData';

/** Counted from the LiveStream to an ffmpeg that was let in, which came as soon as its key was known. */
export const appliedToAccepted: Figure = {
  name: 'applied-to-accepted',
  describes: 'from a LiveStream applied on a real cluster to its publisher let in, the images being there',
  home: 'cluster',
  run: () =>
    publisherRounds(
      {
        name: 'applied',
        rounds: 20,
        seen: ['key known', ...POD_STARTS],
        end: 'let in',
        what: 'applied to accepted',
        goalMs: 3_000,
      },
      async ({ stream, relay, moments, publish }) => {
        const began = performance.now();
        await stream.apply();
        await moments.until('key known');
        publish();
        const isLetIn = () => hasSent(relay, FIRST_WORD);
        await eventually('the publisher to be let in', isLetIn, { everyMs: 2, timeoutMs: 40_000 });
        return began;
      },
    ),
};
