/** What a URL path below `/hls/` names. */
export type HlsPath =
  | { readonly kind: 'master'; readonly stream: string }
  | ({ readonly stream: string; readonly rendition: string } & RenditionFile);

export type RenditionFile =
  | { readonly kind: 'playlist' }
  | { readonly kind: 'map'; readonly name: string }
  | { readonly kind: 'segment'; readonly msn: number }
  | { readonly kind: 'part'; readonly msn: number; readonly part: number };

export const HLS_PREFIX = '/hls/';
/** A label of RFC 1123: the names of namespaces and streams are parts of host names too. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const MAP = /^init-[0-9a-f]{12}\.mp4$/;
const SEGMENT = /^(0|[1-9][0-9]{0,14})\.m4s$/;
const PART = /^(0|[1-9][0-9]{0,14})\.(0|[1-9][0-9]{0,5})\.m4s$/;

function renditionFile(file: string): RenditionFile | undefined {
  if (file === 'playlist.m3u8') return { kind: 'playlist' };
  const segment = SEGMENT.exec(file);
  if (segment) return { kind: 'segment', msn: Number(segment[1]) };
  const part = PART.exec(file);
  if (part) return { kind: 'part', msn: Number(part[1]), part: Number(part[2]) };
  return MAP.test(file) ? { kind: 'map', name: file } : undefined;
}

/** `undefined` where nothing could ever be there. */
export function parseHlsPath(path: string): HlsPath | undefined {
  const [namespace = '', name = '', third = '', fourth, ...more] = path.slice(HLS_PREFIX.length).split('/', 6);
  if (!NAME.test(namespace) || !NAME.test(name) || more.length > 0) return undefined;
  const stream = `${namespace}/${name}`;
  if (fourth === undefined) return third === 'master.m3u8' ? { kind: 'master', stream } : undefined;
  const file = NAME.test(third) ? renditionFile(fourth) : undefined;
  return file && { stream, rendition: third, ...file };
}
