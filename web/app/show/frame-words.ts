import { isolated } from '../words/isolated.ts';
import { moment } from '../words/times.ts';
import type { Frame } from './frame.ts';

/** One sentence for what covers the picture, and what to know beside it; both empty for the picture itself. */
export function frameWords(frame: Frame, title: string, now: number): { sentence: string; hint: string } {
  const show = isolated(title);
  const playsItself = 'Leave this page open: it plays by itself when the show begins.';
  switch (frame.kind) {
    case 'none':
      return { sentence: '', hint: '' };
    case 'loading':
      return { sentence: 'Joining the show.', hint: '' };
    case 'soon':
      return { sentence: `${show} starts ${moment(frame.startAt, now)}.`, hint: playsItself };
    case 'late':
      return { sentence: `${show} is about to start.`, hint: playsItself };
    case 'waiting':
      return { sentence: `${show} is not live right now.`, hint: playsItself };
    case 'reconnecting':
      return {
        sentence: 'Paused, coming back.',
        hint: 'The streamer has stopped or lost the connection. If they come back, it goes on by itself.',
      };
    case 'ended':
      return { sentence: `${show} has ended.`, hint: '' };
    case 'taken-down':
      return frame.began
        ? { sentence: `${show} has ended.`, hint: 'This show was taken down.' }
        : { sentence: `${show} was taken down.`, hint: '' };
    case 'failed':
      return { sentence: `${show} cannot be shown right now.`, hint: '' };
    case 'not-found':
      return { sentence: 'There is no show at this address.', hint: '' };
    case 'unreachable':
      return { sentence: 'The server does not answer.', hint: 'This page asks again by itself.' };
    case 'no-player':
      return { sentence: 'The player could not be fetched.', hint: 'The server was upgraded, or does not answer.' };
    case 'press-play':
      return { sentence: 'Your browser waits for you before it plays.', hint: '' };
  }
}
