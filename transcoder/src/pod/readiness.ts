import type { TranscoderState } from '@showrunner/service-kit';
import type { LinkState } from '@showrunner/service-kit/flv-link';

/**
 * What keeps a transcoder from being asked for its stream, in a sentence; `undefined` where it may be. It must know whether
 * a show is running, and have something of one that is: else it would answer 404 to viewers whose show another transcoder
 * has shown up to now. An ingest that has just taken another one's place knows of none.
 * @param onAirSince While a show is on air as the stream's files say, which are late where it has just ended.
 */
export function notServing(
  link: LinkState,
  show: TranscoderState | undefined,
  onAirSince: number | undefined,
): string | undefined {
  if (!show) return 'The files of the stream have not been read yet.';
  if (link === undefined) return 'The link to ingest is not there yet: whether a show is running is not known.';
  const isOn = link === 'live' || link === 'reconnecting' || onAirSince !== undefined;
  const hasNothing = show.show !== 'ended' && show.firstMediaSeconds === undefined;
  return isOn && hasNothing ? 'A show is running of which nothing has come here yet.' : undefined;
}

/**
 * What keeps the pod from being the one that its Service leads to: that it does not serve yet, while another pod may have the show that
 * its files speak of. Where they speak of none there is nobody to wait for. Until it serves it refuses connections, and edges ask again.
 */
export function notReady(
  servingProblem: string | undefined,
  show: TranscoderState | undefined,
  onAirSince: number | undefined,
): string | undefined {
  return show && onAirSince === undefined ? undefined : servingProblem;
}
