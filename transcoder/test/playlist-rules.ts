/** A media playlist as an independent reader sees it. */
export interface ReadPlaylist {
  readonly targetDuration: number;
  readonly partTarget: number | undefined;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly segments: readonly ReadSegment[];
  readonly openParts: readonly ReadPart[];
  readonly hint: string | undefined;
  readonly ended: boolean;
  readonly skipped: number;
}
export interface ReadPart {
  readonly uri: string;
  readonly duration: number;
  readonly independent: boolean;
  /** There is no media of it. */
  readonly gap: boolean;
}
export interface ReadSegment {
  readonly uri: string;
  readonly msn: number;
  readonly duration: number;
  readonly discontinuity: boolean;
  readonly map: string;
  readonly date: number;
  readonly gap: boolean;
  readonly parts: readonly ReadPart[];
}

function attribute(line: string, name: string): string | undefined {
  return new RegExp(`[:,]${name}=("([^"]*)"|([^,]*))`)
    .exec(line)
    ?.slice(2)
    .find((value) => value !== undefined);
}

export function readPlaylist(text: string): ReadPlaylist {
  const lines = text.split('\n');
  const numberAfter = (tag: string) => Number(lines.find((line) => line.startsWith(`${tag}:`))?.slice(tag.length + 1));
  const mediaSequence = numberAfter('#EXT-X-MEDIA-SEQUENCE');
  const skipLine = lines.find((line) => line.startsWith('#EXT-X-SKIP:'));
  const skipped = skipLine ? Number(attribute(skipLine, 'SKIPPED-SEGMENTS')) : 0;
  const segments: ReadSegment[] = [];
  let parts: ReadPart[] = [];
  let pending = { discontinuity: false, date: NaN, duration: NaN, gap: false };
  let map = '';
  for (const line of lines) {
    if (line.startsWith('#EXT-X-DISCONTINUITY-SEQUENCE')) continue;
    if (line === '#EXT-X-DISCONTINUITY') pending.discontinuity = true;
    else if (line === '#EXT-X-GAP') pending.gap = true;
    else if (line.startsWith('#EXT-X-MAP:')) map = attribute(line, 'URI')!;
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) pending.date = Date.parse(line.slice(25));
    else if (line.startsWith('#EXTINF:')) pending.duration = parseFloat(line.slice(8));
    else if (line.startsWith('#EXT-X-PART:')) {
      parts.push({
        uri: attribute(line, 'URI')!,
        duration: Number(attribute(line, 'DURATION')),
        independent: attribute(line, 'INDEPENDENT') === 'YES',
        gap: attribute(line, 'GAP') === 'YES',
      });
    } else if (line !== '' && !line.startsWith('#')) {
      segments.push({ uri: line, msn: mediaSequence + skipped + segments.length, map, parts, ...pending });
      parts = [];
      pending = { discontinuity: false, date: NaN, duration: NaN, gap: false };
    }
  }
  const partInf = lines.find((line) => line.startsWith('#EXT-X-PART-INF:'));
  const hintLine = lines.find((line) => line.startsWith('#EXT-X-PRELOAD-HINT:'));
  return {
    targetDuration: numberAfter('#EXT-X-TARGETDURATION'),
    partTarget: partInf === undefined ? undefined : Number(attribute(partInf, 'PART-TARGET')),
    mediaSequence,
    discontinuitySequence: numberAfter('#EXT-X-DISCONTINUITY-SEQUENCE'),
    segments,
    openParts: parts,
    hint: hintLine && attribute(hintLine, 'URI'),
    ended: lines.includes('#EXT-X-ENDLIST'),
    skipped,
  };
}

/** Encoded renditions have the source's dates and durations of their own: less than a frame apart. */
const DATE_TOLERANCE_MS = 40;

/** Rules of RFC 8216bis that one playlist breaks, as sentences. */
export function brokenRules(text: string): string[] {
  const playlist = readPlaylist(text);
  const broken: string[] = [];
  const check = (holds: boolean, sentence: string) => void (holds || broken.push(sentence));
  const { targetDuration, partTarget } = playlist;
  check(text.startsWith('#EXTM3U\n'), 'It does not begin with #EXTM3U.');
  check(Number.isInteger(targetDuration) && targetDuration >= 1, `TARGETDURATION is ${targetDuration}.`);
  let expected = NaN;
  for (const segment of playlist.segments) {
    const { uri, duration, msn, parts, discontinuity, date } = segment;
    const off = Number.isNaN(expected) ? 0 : date - expected;
    check(
      off >= -DATE_TOLERANCE_MS && (discontinuity || off <= DATE_TOLERANCE_MS),
      `${uri} is dated ${off.toFixed(0)} ms off the end of the segment before.`,
    );
    expected = date + duration * 1000;
    check(Math.round(duration) <= targetDuration, `${uri} lasts ${duration} s.`);
    check(duration > 0, `${uri} lasts ${duration} s.`);
    check(uri === `${msn}.m4s`, `${uri} stands where ${msn} should.`);
    check(segment.map !== '', `${uri} has no EXT-X-MAP.`);
    check(!Number.isNaN(segment.date), `${uri} has no EXT-X-PROGRAM-DATE-TIME.`);
    const sum = parts.reduce((total, part) => total + part.duration, 0);
    check(
      parts.length === 0 || Math.abs(sum - duration) < 0.001,
      `The parts of ${uri} last ${sum} s, not ${duration}.`,
    );
  }
  if (partTarget === undefined) return broken;
  const hold = Number(/PART-HOLD-BACK=([0-9.]+)/.exec(text)?.[1]);
  check(hold >= 3 * partTarget - 1e-9, `PART-HOLD-BACK is ${hold}, PART-TARGET ${partTarget}.`);
  const groups = [...playlist.segments.map(({ parts }) => ({ parts, open: false }))];
  for (const { parts, open } of [...groups, { parts: playlist.openParts, open: true }]) {
    for (const [i, { uri, duration, gap }] of parts.entries()) {
      check(duration > 0, `${uri} lasts ${duration} s.`);
      check(duration <= partTarget, `${uri} lasts ${duration} s, more than PART-TARGET.`);
      const last = !open && i === parts.length - 1;
      check(last || gap || duration >= 0.85 * partTarget, `${uri} lasts ${duration} s, less than 85 % of PART-TARGET.`);
    }
  }
  check(playlist.ended === (playlist.hint === undefined), 'Exactly a playlist without end has a preload hint.');
  return broken;
}

/** Rules that a later playlist of the same rendition breaks against an earlier one. */
export function brokenContinuity(before: string, after: string): string[] {
  const [a, b] = [readPlaylist(before), readPlaylist(after)];
  const broken: string[] = [];
  if (a.targetDuration !== b.targetDuration) broken.push('TARGETDURATION changed.');
  if (a.partTarget !== b.partTarget) broken.push('PART-TARGET changed.');
  if (b.mediaSequence < a.mediaSequence) broken.push('MEDIA-SEQUENCE went back.');
  if (b.discontinuitySequence < a.discontinuitySequence) broken.push('DISCONTINUITY-SEQUENCE went back.');
  for (const segment of a.segments) {
    const same = b.segments.find(({ msn }) => msn === segment.msn);
    if (same && (same.duration !== segment.duration || same.map !== segment.map || same.date !== segment.date)) {
      broken.push(`Segment ${segment.msn} changed.`);
    }
  }
  const removed = a.segments.filter(({ msn }) => msn < b.mediaSequence);
  const discontinuities = removed.filter(({ discontinuity }) => discontinuity).length;
  if (b.discontinuitySequence !== a.discontinuitySequence + discontinuities) {
    broken.push(`DISCONTINUITY-SEQUENCE went from ${a.discontinuitySequence} to ${b.discontinuitySequence}.`);
  }
  return broken;
}
