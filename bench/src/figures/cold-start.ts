import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@showrunner/tests/support';
import { POD_STARTS } from '../cluster/moments.ts';
import { publisherRounds, type RoundsOptions } from '../cluster/publisher-rounds.ts';
import { playable, publishedAt } from '../playable.ts';
import type { Figure, FigureRow } from '../report.ts';

/** So that what was made for the LiveStream is not in the way of what its publisher wants. */
const SETTLING_MS = 1_000;

/** Counted from the publish command at the front door to media that the edge gives, asked for every 20 ms. */
export const coldStart: Figure = {
  name: 'cold-start',
  describes: 'from a publisher that knocks for a cold LiveStream on a real cluster to the first playable media',
  home: 'cluster',
  run: async () => [
    ...(await rounds({ name: 'cold', rounds: 15, what: 'cold stream to playable', goalMs: 5_000 }, 'when on air')),
    // CoreDNS remembers for five seconds that the transcoder's Service was not there.
    ...(await rounds({ name: 'asked', rounds: 5, what: 'the same where a player asks all along' }, 'all along')),
  ],
};

/** `asks`: our page asks for media when it hears that the show is on air; other players may know nothing of that. */
function rounds(
  options: Pick<RoundsOptions, 'name' | 'rounds' | 'what' | 'goalMs'>,
  asks: 'when on air' | 'all along',
): Promise<FigureRow[]> {
  const seen = [...POD_STARTS, 'on air'] as const;
  return publisherRounds(
    { ...options, spec: { standby: 'cold' }, seen, end: 'playable' },
    async ({ platform, stream, relay, moments, publish }) => {
      await stream.apply();
      await platform.untilReady(stream.name);
      await sleep(SETTLING_MS);
      publish();
      const began = await publishedAt(relay);
      if (asks === 'when on air') await moments.until('on air');
      const url = platform.playlistUrl(stream.name);
      await eventually('playable media', () => playable(url), { everyMs: 20, timeoutMs: 40_000 });
      return began;
    },
  );
}
