import { describe, expect, it } from 'vitest';
import { Autoplay, type Playable } from './autoplay.ts';

/** Media in a browser that refuses sound, or all, until the viewer has acted. */
function browser(refuses: 'nothing' | 'sound' | 'all') {
  const video = { muted: false };
  const media: Playable & { playing: boolean; acted: boolean } = {
    video,
    playing: false,
    acted: false,
    play: async () => {
      const refused = !media.acted && (refuses === 'all' || (refuses === 'sound' && !video.muted));
      if (refused) throw new DOMException('Act first.', 'NotAllowedError');
      media.playing = true;
    },
  };
  const outcomes: string[] = [];
  const autoplay: Autoplay = new Autoplay(media, () => outcomes.push(autoplay.outcome));
  return { media, autoplay, outcomes };
}

describe('Autoplay', () => {
  it('starts with sound where it may', async () => {
    const { media, autoplay, outcomes } = browser('nothing');
    await autoplay.start();
    expect([media.playing, media.video.muted, autoplay.outcome, outcomes]).toEqual([true, false, 'allowed', []]);
  });

  it('starts in silence where sound is refused, until the viewer wants to hear', async () => {
    const { media, autoplay, outcomes } = browser('sound');
    await autoplay.start();
    expect([media.playing, media.video.muted, outcomes]).toEqual([true, true, ['muted']]);
    autoplay.soundWanted();
    expect([media.video.muted, autoplay.outcome]).toEqual([false, 'allowed']);
  });

  it('waits for the viewer where all is refused, and then plays with sound', async () => {
    const { media, autoplay, outcomes } = browser('all');
    await autoplay.start();
    expect([media.playing, outcomes]).toEqual([false, ['refused']]);
    media.acted = true;
    await autoplay.startByHand();
    expect([media.playing, media.video.muted, outcomes]).toEqual([true, false, ['refused', 'allowed']]);
  });

  it('leaves a viewer in silence who chose it', async () => {
    const { media, autoplay } = browser('all');
    media.video.muted = true;
    await autoplay.start();
    media.acted = true;
    await autoplay.startByHand();
    expect([media.playing, media.video.muted, autoplay.outcome]).toEqual([true, true, 'allowed']);
  });

  it('takes no other failure for a refusal', async () => {
    const { media, autoplay } = browser('nothing');
    media.play = () => Promise.reject(new DOMException('Another source was loaded.', 'AbortError'));
    await autoplay.start();
    expect([media.video.muted, autoplay.outcome]).toEqual([false, 'allowed']);
  });
});
