import type { StreamRef } from '@showrunner/service-kit';
import { parseReloadQuery } from '../origin/blocking-reload.ts';
import { HLS_PREFIX, parseHlsPath } from '../origin/path.ts';

/** What a URL below `/hls/` asks of a transcoder. */
export interface Asked {
  readonly stream: StreamRef;
  readonly kind: 'master' | 'playlist' | 'map' | 'segment' | 'part';
  /** Path and query in the one form in which all who ask for the same ask for it. */
  readonly target: string;
  /** The answer may be waited for: it is of media that is still to come. */
  readonly mayBlock: boolean;
}

/** Playlists are small, and text. */
export function isPlaylist(kind: Asked['kind']): boolean {
  return kind === 'playlist' || kind === 'master';
}

export type ReadUrl = Asked | { readonly problem: { readonly status: 400 | 404; readonly sentence: string } };

/** Of a query only what a transcoder reads is passed on, so that nothing else makes two answers of one. */
function playlistQuery(query: string): { text: string; mayBlock: boolean } | { problem: string } {
  const read = parseReloadQuery(query);
  if ('problem' in read) return read;
  const { wanted, skip } = read;
  const pairs = [
    ...(wanted ? [`_HLS_msn=${wanted.msn}`] : []),
    ...(wanted?.part === undefined ? [] : [`_HLS_part=${wanted.part}`]),
    ...(skip ? ['_HLS_skip=YES'] : []),
  ];
  return { text: pairs.length > 0 ? `?${pairs.join('&')}` : '', mayBlock: wanted !== undefined };
}

/** @param url Path and query of a request; its path begins with `/hls/`. */
export function readUrl(url: string): ReadUrl {
  const questionMark = url.indexOf('?');
  const path = questionMark < 0 ? url : url.slice(0, questionMark);
  const parsed = parseHlsPath(path);
  if (!parsed) return { problem: { status: 404, sentence: `There is nothing of that name below ${HLS_PREFIX}.` } };
  const { kind } = parsed;
  const [namespace = '', name = ''] = parsed.stream.split('/');
  const stream = { namespace, name };
  if (kind !== 'playlist') return { stream, kind, target: path, mayBlock: kind === 'part' };
  const query = playlistQuery(questionMark < 0 ? '' : url.slice(questionMark + 1));
  if ('problem' in query) return { problem: { status: 400, sentence: query.problem } };
  return { stream, kind, target: path + query.text, mayBlock: query.mayBlock };
}
