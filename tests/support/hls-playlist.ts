/**
 * A parser of HLS playlists written from RFC 8216bis alone. It shares no code with the product, so
 * that the two cannot be wrong together. Durations are seconds, dates Unix milliseconds.
 */

export interface ByteRange {
  readonly length: number;
  readonly offset: number | undefined;
}

export interface InitSection {
  readonly uri: string;
  readonly byteRange: ByteRange | undefined;
}

export interface Part {
  readonly uri: string;
  readonly duration: number;
  readonly independent: boolean;
  readonly gap: boolean;
  readonly byteRange: ByteRange | undefined;
}

/** A segment; where `uri` is missing it is the unfinished one at the end, of which only parts exist yet. */
export interface Segment {
  readonly sequence: number;
  readonly uri: string | undefined;
  readonly duration: number | undefined;
  readonly parts: readonly Part[];
  readonly discontinuity: boolean;
  readonly discontinuitySequence: number;
  readonly programDateTime: number | undefined;
  readonly map: InitSection | undefined;
  readonly gap: boolean;
  readonly byteRange: ByteRange | undefined;
}

export interface ServerControl {
  readonly canBlockReload: boolean;
  readonly canSkipUntil: number | undefined;
  readonly holdBack: number | undefined;
  readonly partHoldBack: number | undefined;
}

export interface RenditionReport {
  readonly uri: string;
  readonly lastMsn: number | undefined;
  readonly lastPart: number | undefined;
}

export interface MediaPlaylist {
  readonly kind: 'media';
  readonly text: string;
  readonly version: number;
  readonly targetDuration: number | undefined;
  readonly partTarget: number | undefined;
  readonly serverControl: ServerControl | undefined;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly independentSegments: boolean;
  readonly playlistType: string | undefined;
  /** Segments that a delta update leaves out. */
  readonly skipped: number;
  readonly segments: readonly Segment[];
  readonly preloadHints: readonly { readonly type: string; readonly uri: string; readonly start: number | undefined }[];
  readonly renditionReports: readonly RenditionReport[];
  readonly endList: boolean;
  /** Lines that are neither a known tag, a URI nor a comment, and tags with broken values. */
  readonly problems: readonly string[];
}

export interface Variant {
  readonly uri: string;
  readonly bandwidth: number | undefined;
  readonly averageBandwidth: number | undefined;
  readonly codecs: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly frameRate: number | undefined;
  readonly audioGroup: string | undefined;
}

export interface MasterPlaylist {
  readonly kind: 'master';
  readonly text: string;
  readonly version: number;
  readonly independentSegments: boolean;
  readonly variants: readonly Variant[];
  /** EXT-X-MEDIA tags by attribute. */
  readonly media: readonly ReadonlyMap<string, string>[];
  readonly problems: readonly string[];
}

/** RFC 8216bis section 4.2: NAME=value pairs, where a quoted value may hold commas. Quotes are taken off. */
export function parseAttributes(list: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const match of list.matchAll(/([A-Z0-9-]+)=(?:"([^"\r\n]*)"|([^",]*))(?:,|$)/g)) {
    attributes.set(match[1] ?? '', match[2] ?? match[3] ?? '');
  }
  return attributes;
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : undefined;
}

/** `length[@offset]`, RFC 8216bis section 4.4.4.2. */
function byteRange(text: string | undefined): ByteRange | undefined {
  const match = text === undefined ? null : /^([0-9]+)(?:@([0-9]+))?$/.exec(text);
  if (!match) return undefined;
  return { length: Number(match[1]), offset: match[2] === undefined ? undefined : Number(match[2]) };
}

interface Line {
  readonly tag: string;
  readonly value: string;
}

function* linesOf(text: string): Generator<Line> {
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trimEnd();
    if (line === '') continue;
    if (!line.startsWith('#')) yield { tag: '', value: line };
    else if (line.startsWith('#EXT')) {
      const colon = line.indexOf(':');
      yield colon < 0 ? { tag: line.slice(1), value: '' } : { tag: line.slice(1, colon), value: line.slice(colon + 1) };
    }
  }
}

export function parsePlaylist(text: string): MediaPlaylist | MasterPlaylist {
  return /^#EXT-X-STREAM-INF:/m.test(text) ? parseMaster(text) : parseMedia(text);
}

export function parseMaster(text: string): MasterPlaylist {
  const problems: string[] = text.startsWith('#EXTM3U') ? [] : ['The first line is not #EXTM3U'];
  const variants: Variant[] = [];
  const media: ReadonlyMap<string, string>[] = [];
  let version = 1;
  let independentSegments = false;
  let pending: Map<string, string> | undefined;
  for (const { tag, value } of linesOf(text)) {
    switch (tag) {
      case 'EXT-X-VERSION':
        version = number(value) ?? 0;
        break;
      case 'EXT-X-INDEPENDENT-SEGMENTS':
        independentSegments = true;
        break;
      case 'EXT-X-MEDIA':
        media.push(parseAttributes(value));
        break;
      case 'EXT-X-STREAM-INF':
        pending = parseAttributes(value);
        break;
      case '': {
        if (!pending) {
          problems.push(`URI without EXT-X-STREAM-INF: ${value}`);
          break;
        }
        const size = /^([0-9]+)x([0-9]+)$/.exec(pending.get('RESOLUTION') ?? '');
        variants.push({
          uri: value,
          bandwidth: number(pending.get('BANDWIDTH')),
          averageBandwidth: number(pending.get('AVERAGE-BANDWIDTH')),
          codecs: pending.get('CODECS'),
          width: size ? Number(size[1]) : undefined,
          height: size ? Number(size[2]) : undefined,
          frameRate: number(pending.get('FRAME-RATE')),
          audioGroup: pending.get('AUDIO'),
        });
        pending = undefined;
        break;
      }
      default:
    }
  }
  if (pending) problems.push('EXT-X-STREAM-INF without a URI');
  return { kind: 'master', text, version, independentSegments, variants, media, problems };
}

export function parseMedia(text: string): MediaPlaylist {
  const problems: string[] = text.startsWith('#EXTM3U') ? [] : ['The first line is not #EXTM3U'];
  const segments: Segment[] = [];
  const preloadHints: { type: string; uri: string; start: number | undefined }[] = [];
  const renditionReports: RenditionReport[] = [];
  let version = 1;
  let targetDuration: number | undefined;
  let partTarget: number | undefined;
  let serverControl: ServerControl | undefined;
  let mediaSequence = 0;
  let discontinuitySequence = 0;
  let independentSegments = false;
  let playlistType: string | undefined;
  let skipped = 0;
  let endList = false;

  // What has been read of the next segment.
  let duration: number | undefined;
  let parts: Part[] = [];
  let discontinuity = false;
  let programDateTime: number | undefined;
  let gap = false;
  let range: ByteRange | undefined;
  // What holds until it is replaced.
  let map: InitSection | undefined;
  let discontinuities = 0;

  const finish = (uri: string | undefined) => {
    if (discontinuity) discontinuities += 1;
    segments.push({
      sequence: mediaSequence + skipped + segments.length,
      uri,
      duration,
      parts,
      discontinuity,
      discontinuitySequence: discontinuitySequence + discontinuities,
      programDateTime,
      map,
      gap,
      byteRange: range,
    });
    duration = undefined;
    parts = [];
    discontinuity = false;
    programDateTime = undefined;
    gap = false;
    range = undefined;
  };
  const required = (tag: string, value: string, read: number | undefined): number | undefined => {
    if (read === undefined) problems.push(`${tag} has the value "${value}"`);
    return read;
  };

  for (const { tag, value } of linesOf(text)) {
    const attributes = () => parseAttributes(value);
    switch (tag) {
      case 'EXTM3U':
        break;
      case 'EXT-X-VERSION':
        version = required(tag, value, number(value)) ?? 0;
        break;
      case 'EXT-X-TARGETDURATION':
        if (!/^[0-9]+$/.test(value)) problems.push(`TARGETDURATION is not an integer: ${value}`);
        targetDuration = number(value);
        break;
      case 'EXT-X-PART-INF':
        partTarget = required(tag, value, number(attributes().get('PART-TARGET')));
        break;
      case 'EXT-X-SERVER-CONTROL': {
        const control = attributes();
        serverControl = {
          canBlockReload: control.get('CAN-BLOCK-RELOAD') === 'YES',
          canSkipUntil: number(control.get('CAN-SKIP-UNTIL')),
          holdBack: number(control.get('HOLD-BACK')),
          partHoldBack: number(control.get('PART-HOLD-BACK')),
        };
        break;
      }
      case 'EXT-X-MEDIA-SEQUENCE':
        if (segments.length > 0) problems.push('MEDIA-SEQUENCE stands after the first segment');
        mediaSequence = required(tag, value, number(value)) ?? 0;
        break;
      case 'EXT-X-DISCONTINUITY-SEQUENCE':
        if (segments.length > 0 || discontinuity) {
          problems.push('DISCONTINUITY-SEQUENCE stands after the first segment or DISCONTINUITY');
        }
        discontinuitySequence = required(tag, value, number(value)) ?? 0;
        break;
      case 'EXT-X-INDEPENDENT-SEGMENTS':
        independentSegments = true;
        break;
      case 'EXT-X-PLAYLIST-TYPE':
        playlistType = value;
        break;
      case 'EXT-X-SKIP':
        skipped = required(tag, value, number(attributes().get('SKIPPED-SEGMENTS'))) ?? 0;
        break;
      case 'EXT-X-MAP': {
        const uri = attributes().get('URI');
        if (uri === undefined) problems.push('EXT-X-MAP has no URI');
        else map = { uri, byteRange: byteRange(attributes().get('BYTERANGE')) };
        break;
      }
      case 'EXT-X-DISCONTINUITY':
        discontinuity = true;
        break;
      case 'EXT-X-PROGRAM-DATE-TIME': {
        const date = Date.parse(value);
        if (Number.isNaN(date)) problems.push(`PROGRAM-DATE-TIME is not a date: ${value}`);
        else programDateTime = date;
        break;
      }
      case 'EXT-X-GAP':
        gap = true;
        break;
      case 'EXT-X-BYTERANGE':
        range = byteRange(value);
        if (!range) problems.push(`EXT-X-BYTERANGE has the value "${value}"`);
        break;
      case 'EXTINF':
        duration = required(tag, value, number(value.split(',')[0]));
        break;
      case 'EXT-X-PART': {
        const part = attributes();
        const uri = part.get('URI');
        const seconds = required(tag, value, number(part.get('DURATION')));
        if (uri === undefined || seconds === undefined) problems.push(`EXT-X-PART without URI or DURATION: ${value}`);
        else {
          parts.push({
            uri,
            duration: seconds,
            independent: part.get('INDEPENDENT') === 'YES',
            gap: part.get('GAP') === 'YES',
            byteRange: byteRange(part.get('BYTERANGE')),
          });
        }
        break;
      }
      case 'EXT-X-PRELOAD-HINT': {
        const hint = attributes();
        const uri = hint.get('URI');
        if (uri === undefined) problems.push('EXT-X-PRELOAD-HINT has no URI');
        else {
          preloadHints.push({
            type: hint.get('TYPE') ?? '',
            uri,
            start: number(hint.get('BYTERANGE-START')),
          });
        }
        break;
      }
      case 'EXT-X-RENDITION-REPORT': {
        const report = attributes();
        renditionReports.push({
          uri: report.get('URI') ?? '',
          lastMsn: number(report.get('LAST-MSN')),
          lastPart: number(report.get('LAST-PART')),
        });
        break;
      }
      case 'EXT-X-ENDLIST':
        endList = true;
        break;
      case '':
        if (duration === undefined) problems.push(`URI without EXTINF: ${value}`);
        finish(value);
        break;
      default:
    }
  }
  if (duration !== undefined) problems.push('EXTINF without a URI');
  // A DISCONTINUITY or a date that stands alone at the end already belongs to the segment to come.
  if (parts.length > 0 || discontinuity) finish(undefined);
  return {
    kind: 'media',
    text,
    version,
    targetDuration,
    partTarget,
    serverControl,
    mediaSequence,
    discontinuitySequence,
    independentSegments,
    playlistType,
    skipped,
    segments,
    preloadHints,
    renditionReports,
    endList,
    problems,
  };
}

/** Media sequence number and index of a part. */
interface PartPosition {
  readonly msn: number;
  readonly part: number;
}

export function isBefore(one: PartPosition, other: PartPosition): boolean {
  return one.msn < other.msn || (one.msn === other.msn && one.part < other.part);
}

/** Where the next part will be, which does not exist yet. */
export function nextPosition(playlist: MediaPlaylist): PartPosition {
  const last = playlist.segments.at(-1);
  if (!last) return { msn: playlist.mediaSequence + playlist.skipped, part: 0 };
  return last.uri === undefined ? { msn: last.sequence, part: last.parts.length } : { msn: last.sequence + 1, part: 0 };
}

/** A full playlist from a delta update and a full one before it (RFC 8216bis section 6.2.5.1). */
export function expandDelta(before: MediaPlaylist, delta: MediaPlaylist): MediaPlaylist | undefined {
  if (delta.skipped === 0) return delta;
  const kept: Segment[] = [];
  for (let index = 0; index < delta.skipped; index += 1) {
    const segment = before.segments.find(({ sequence }) => sequence === delta.mediaSequence + index);
    if (segment?.uri === undefined) return undefined;
    kept.push(segment);
  }
  // Dates, maps and discontinuity numbers go on from the last segment that was left out.
  const last = kept.at(-1);
  const base = (last?.discontinuitySequence ?? delta.discontinuitySequence) - delta.discontinuitySequence;
  const segments = delta.segments.map((segment) => ({
    ...segment,
    map: segment.map ?? last?.map,
    discontinuitySequence: segment.discontinuitySequence + base,
  }));
  return { ...delta, skipped: 0, segments: [...kept, ...segments] };
}
