import type { Frame } from './frame.ts';

/** What stands in the tab of a watch page: the show, or that there is none. */
export function pageTitle(frame: Frame, title: string): string {
  return frame.kind === 'not-found' ? 'No show here' : title;
}
