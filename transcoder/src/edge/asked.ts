import type { StreamRef } from '@showrunner/service-kit';
import { parseReloadQuery, type Wanted } from '../origin/blocking-reload.ts';
import { HLS_PREFIX, parseHlsPath } from '../origin/path.ts';

/** What a URL below `/hls/` asks of a transcoder. */
export interface Asked {
  readonly stream: StreamRef;
  readonly kind: 'master' | 'playlist' | 'map' | 'segment' | 'part';
  /** Path and query in the one form in which all who ask for the same ask for it. */
  readonly target: string;
  /** What a playlist should wait for. */
  readonly awaits: Awaits | undefined;
}

export interface Awaits extends Wanted {
  /** The target of who takes the same playlist as it is. */
  readonly plainTarget: string;
}

/** Playlists are small, and text. */
export function isPlaylist(kind: Asked['kind']): boolean {
  return kind === 'playlist' || kind === 'master';
}

/** The answer may be held back: it is of media that is still to come. */
export function mayBlock(kind: Asked['kind']): boolean {
  return isPlaylist(kind) || kind === 'part';
}

/** What is asked for where there is nothing to wait for. */
export function withoutWaiting(asked: Asked): Asked {
  return asked.awaits ? { ...asked, target: asked.awaits.plainTarget, awaits: undefined } : asked;
}

export type ReadUrl = Asked | { readonly problem: { readonly status: 400 | 404; readonly sentence: string } };

/** Of a query only what a transcoder reads is passed on, so that nothing else makes two answers of one. */
function playlistTarget(path: string, query: string): Pick<Asked, 'target' | 'awaits'> | { readonly problem: string } {
  const read = parseReloadQuery(query);
  if ('problem' in read) return read;
  const { wanted, skip } = read;
  const plainTarget = skip ? `${path}?_HLS_skip=YES` : path;
  if (!wanted) return { target: plainTarget, awaits: undefined };
  const part = wanted.part === undefined ? '' : `&_HLS_part=${wanted.part}`;
  const target = `${path}?_HLS_msn=${wanted.msn}${part}${skip ? '&_HLS_skip=YES' : ''}`;
  return { target, awaits: { ...wanted, plainTarget } };
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
  if (kind !== 'playlist') return { stream, kind, target: path, awaits: undefined };
  const query = playlistTarget(path, questionMark < 0 ? '' : url.slice(questionMark + 1));
  if ('problem' in query) return { problem: { status: 400, sentence: query.problem } };
  return { stream, kind, ...query };
}
