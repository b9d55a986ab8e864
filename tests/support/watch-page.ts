import type { Page } from './browser.ts';
import { eventually } from './eventually.ts';

/** What the watch page's player says about itself. */
export interface PlayerFacts {
  readonly state: string;
  readonly latencySeconds: number;
  readonly stallCount: number;
  readonly playbackRate: number;
  /** Seconds on the media timeline. */
  readonly currentTime: number;
  /** Frames shown so far. */
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly loadedAt: number;
}

const READ_PLAYER = `(() => {
  const player = document.querySelector('[data-stall-count]');
  const video = document.querySelector('video');
  return {
    state: player?.getAttribute('data-state') ?? '',
    latencySeconds: Number(player?.getAttribute('data-latency-seconds') || NaN),
    stallCount: Number(player?.getAttribute('data-stall-count') || NaN),
    playbackRate: Number(player?.getAttribute('data-playback-rate') || NaN),
    currentTime: video?.currentTime ?? 0,
    frames: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
    width: video?.videoWidth ?? 0,
    height: video?.videoHeight ?? 0,
    loadedAt: performance.timeOrigin,
  };
})()`;

export function readPlayer(page: Page): Promise<PlayerFacts> {
  return page.evaluate<PlayerFacts>(READ_PLAYER);
}

/** Waits until the picture moves: playing, and ten further frames shown. */
export async function untilPlaying(page: Page, timeoutMs = 20_000): Promise<PlayerFacts> {
  let from = await readPlayer(page);
  return eventually(
    'a moving picture on the watch page',
    async () => {
      const facts = await readPlayer(page);
      // A player that joins anew counts from nothing.
      if (facts.frames < from.frames) from = facts;
      return facts.state === 'playing' && facts.frames > from.frames + 10 ? facts : undefined;
    },
    { timeoutMs },
  );
}

/** Waits until the picture moves again, by itself: on the page as it was, which nobody has loaded anew. */
export async function untilGoesOn(page: Page, timeoutMs = 40_000): Promise<PlayerFacts> {
  const { loadedAt } = await readPlayer(page);
  const facts = await untilPlaying(page, timeoutMs);
  if (facts.loadedAt !== loadedAt) throw new Error('The page was loaded anew.');
  return facts;
}

/** Waits until the player is in the state. */
export function untilState(page: Page, state: string, timeoutMs = 20_000): Promise<PlayerFacts> {
  return eventually(
    `the player to be ${state}`,
    async () => {
      const facts = await readPlayer(page);
      return facts.state === state ? facts : undefined;
    },
    { timeoutMs },
  );
}
