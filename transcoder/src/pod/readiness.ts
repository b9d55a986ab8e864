import type { TranscoderState } from '@showrunner/service-kit';
import type { LinkState } from '@showrunner/service-kit/flv-link';

/**
 * What keeps a transcoder from being asked for its stream, in a sentence; `undefined` where it may be. It must know whether
 * a show is running, and have something of one that is: else it would answer 404 to viewers whose show another transcoder
 * has shown up to now.
 */
export function notReady(link: LinkState, show: TranscoderState | undefined): string | undefined {
  if (!show) return 'The files of the stream have not been read yet.';
  switch (link) {
    case undefined:
      return 'The link to ingest is not there yet: whether a show is running is not known.';
    case 'off':
    case 'expected':
      return undefined;
    case 'live':
    case 'reconnecting':
      return show.firstMediaSeconds === undefined ? 'A show is running of which nothing has come here yet.' : undefined;
  }
}
