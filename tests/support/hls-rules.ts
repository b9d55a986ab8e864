import {
  isBefore,
  nextPosition,
  type MasterPlaylist,
  type MediaPlaylist,
  type Part,
  type Segment,
  type Variant,
} from './hls-playlist.ts';

/** A broken rule: the tag or the topic it is about, and a sentence that shows the values. */
export interface Violation {
  readonly rule: string;
  readonly message: string;
}

/** Written durations are rounded, to a microsecond or a millisecond. */
const ROUNDING = 0.001_5;
/** How far PROGRAM-DATE-TIME may lie from the date before plus the durations between (one video frame at 25 fps). */
const DATE_TOLERANCE_MS = 40;

function broken(rule: string, message: string): Violation {
  return { rule, message };
}

function isUnfinished(segment: Segment): boolean {
  return segment.uri === undefined;
}

/** Seconds from the start of each segment to the end of the playlist, by sequence. */
function secondsToEnd(playlist: MediaPlaylist): Map<number, number> {
  const toEnd = new Map<number, number>();
  let sum = 0;
  for (const segment of playlist.segments.toReversed()) {
    sum += segment.duration ?? segment.parts.reduce((total, part) => total + part.duration, 0);
    toEnd.set(segment.sequence, sum);
  }
  return toEnd;
}

function checkHeader(playlist: MediaPlaylist, lowLatency: boolean): Violation[] {
  const found: Violation[] = [];
  const { targetDuration: target, partTarget, serverControl: control } = playlist;
  if (target === undefined) found.push(broken('TARGETDURATION', 'EXT-X-TARGETDURATION is missing (4.4.3.1)'));
  const needed = playlist.skipped > 0 ? 9 : playlist.segments.some(({ map }) => map) ? 6 : 3;
  if (playlist.version < needed) {
    found.push(broken('VERSION', `EXT-X-VERSION is ${playlist.version}, the tags in use need ${needed} (section 8)`));
  }
  if (playlist.segments.some(({ map }) => !map)) {
    found.push(broken('MAP', 'A segment of fragmented MP4 stands without EXT-X-MAP before it (3.1.2)'));
  }
  if (!lowLatency) return found;
  if (partTarget === undefined) found.push(broken('PART-INF', 'There are parts but no EXT-X-PART-INF (4.4.3.7)'));
  if (!control) return [...found, broken('SERVER-CONTROL', 'There are parts but no EXT-X-SERVER-CONTROL (4.4.3.8)')];
  if (!control.canBlockReload) found.push(broken('CAN-BLOCK-RELOAD', 'CAN-BLOCK-RELOAD=YES is missing (appendix D.1)'));
  if (partTarget !== undefined && (control.partHoldBack ?? 0) < 3 * partTarget - ROUNDING) {
    found.push(
      broken('PART-HOLD-BACK', `PART-HOLD-BACK ${control.partHoldBack} is less than 3 x ${partTarget} (4.4.3.8)`),
    );
  }
  if (target !== undefined && control.holdBack !== undefined && control.holdBack < 3 * target - ROUNDING) {
    found.push(broken('HOLD-BACK', `HOLD-BACK ${control.holdBack} is less than 3 x ${target} (4.4.3.8)`));
  }
  if (target !== undefined && control.canSkipUntil !== undefined && control.canSkipUntil < 6 * target - ROUNDING) {
    found.push(broken('CAN-SKIP-UNTIL', `CAN-SKIP-UNTIL ${control.canSkipUntil} is less than 6 x ${target} (4.4.3.8)`));
  }
  return found;
}

function checkParts(segment: Segment, partTarget: number): Violation[] {
  const found: Violation[] = [];
  for (const [index, part] of segment.parts.entries()) {
    const name = `part ${segment.sequence}.${index} (${part.uri})`;
    if (!(part.duration > 0))
      found.push(broken('PART', `${name} lasts ${part.duration} s, which is no time (4.4.4.9)`));
    if (part.duration > partTarget + ROUNDING) {
      found.push(broken('PART', `${name} lasts ${part.duration} s, longer than PART-TARGET ${partTarget} (4.4.4.9)`));
    }
    // Of an unfinished segment the newest part may yet turn out to be the last.
    const last = index === segment.parts.length - 1;
    if (!last && !part.gap && part.duration < 0.85 * partTarget - ROUNDING) {
      found.push(broken('PART', `${name} lasts ${part.duration} s, under 85 % of PART-TARGET ${partTarget} (4.4.4.9)`));
    }
  }
  if (segment.duration !== undefined && segment.parts.length > 0) {
    const sum = segment.parts.reduce((total, part) => total + part.duration, 0);
    if (Math.abs(sum - segment.duration) > ROUNDING * (segment.parts.length + 1)) {
      found.push(
        broken('PART', `The parts of segment ${segment.sequence} last ${sum} s, the segment ${segment.duration} s`),
      );
    }
  }
  return found;
}

function checkDates(playlist: MediaPlaylist): Violation[] {
  const found: Violation[] = [];
  if (
    playlist.skipped === 0 &&
    playlist.segments.length > 0 &&
    playlist.segments.every((s) => s.programDateTime === undefined)
  ) {
    found.push(broken('PROGRAM-DATE-TIME', 'No segment has a PROGRAM-DATE-TIME'));
  }
  let expected: number | undefined;
  for (const segment of playlist.segments) {
    const date = segment.programDateTime;
    if (date !== undefined && expected !== undefined) {
      const off = date - expected;
      if (off < -DATE_TOLERANCE_MS || (!segment.discontinuity && off > DATE_TOLERANCE_MS)) {
        found.push(
          broken(
            'PROGRAM-DATE-TIME',
            `Segment ${segment.sequence} is dated ${off.toFixed(0)} ms off the date and duration before it`,
          ),
        );
      }
    }
    const start = date ?? expected;
    expected = start === undefined || segment.duration === undefined ? undefined : start + segment.duration * 1000;
  }
  return found;
}

/** What one media playlist says by itself. A delta update must be expanded first, or its skipped part goes unchecked. */
export function checkMediaPlaylist(playlist: MediaPlaylist): Violation[] {
  const lowLatency = playlist.partTarget !== undefined || playlist.segments.some(({ parts }) => parts.length > 0);
  const found = playlist.problems.map((problem) => broken('SYNTAX', problem));
  found.push(...checkHeader(playlist, lowLatency), ...checkDates(playlist));
  for (const segment of playlist.segments) {
    if (segment.duration !== undefined && !(segment.duration > 0)) {
      found.push(
        broken('EXTINF', `Segment ${segment.sequence} lasts ${segment.duration} s, which is no time (4.4.4.1)`),
      );
    }
    if (segment.duration !== undefined && Math.round(segment.duration) > (playlist.targetDuration ?? Infinity)) {
      found.push(
        broken(
          'EXTINF',
          `Segment ${segment.sequence} lasts ${segment.duration} s, more than TARGETDURATION ${playlist.targetDuration} (4.4.3.1)`,
        ),
      );
    }
    if (playlist.partTarget !== undefined) found.push(...checkParts(segment, playlist.partTarget));
    if (isUnfinished(segment) && segment !== playlist.segments.at(-1)) {
      found.push(broken('SEGMENT', `Segment ${segment.sequence} has no URI but others follow it`));
    }
  }
  const uris = playlist.segments.flatMap((segment) => [segment.uri, ...segment.parts.map(rangedUri)]);
  const known = uris.filter((uri) => uri !== undefined);
  if (new Set(known).size !== known.length) found.push(broken('URI', 'Two segments or parts have the same URI'));
  if (playlist.endList && playlist.preloadHints.length > 0) {
    found.push(broken('PRELOAD-HINT', 'A playlist with ENDLIST hints at a part that will never come'));
  }
  if (lowLatency && !playlist.endList && !playlist.preloadHints.some(({ type }) => type === 'PART')) {
    found.push(broken('PRELOAD-HINT', 'A live low-latency playlist hints at no part (appendix D.1)'));
  }
  return found;
}

/** A part's name: several parts may be ranges of one resource. */
function rangedUri(part: Part): string {
  return part.byteRange ? `${part.uri}@${part.byteRange.offset ?? '+'}` : part.uri;
}

function describe(segment: Segment): string {
  return JSON.stringify([
    segment.uri,
    segment.duration,
    segment.discontinuity,
    segment.programDateTime,
    segment.map?.uri,
  ]);
}

/** Segments that both playlists list must be the same in both: URI, duration, discontinuity, map, dates. */
export function checkSameSegments(before: MediaPlaylist, after: MediaPlaylist): Violation[] {
  const found: Violation[] = [];
  const later = new Map(after.segments.map((segment) => [segment.sequence, segment]));
  for (const segment of before.segments) {
    const now = later.get(segment.sequence);
    if (!now) continue;
    if (!isUnfinished(segment) && describe(segment) !== describe(now)) {
      found.push(
        broken('SEGMENT', `Segment ${segment.sequence} was ${describe(segment)} and is now ${describe(now)} (6.2.1)`),
      );
    }
    if (isUnfinished(segment) && segment.discontinuity !== now.discontinuity) {
      found.push(broken('DISCONTINUITY', `Segment ${segment.sequence} gained or lost its DISCONTINUITY`));
    }
    if (segment.discontinuitySequence !== now.discontinuitySequence) {
      found.push(
        broken(
          'DISCONTINUITY-SEQUENCE',
          `Segment ${segment.sequence} had discontinuity number ${segment.discontinuitySequence}, now ${now.discontinuitySequence} (6.2.1)`,
        ),
      );
    }
    for (const [index, part] of segment.parts.entries()) {
      const then = now.parts[index];
      if (then === undefined && now.parts.length === 0) break;
      if (!then || rangedUri(then) !== rangedUri(part) || then.duration !== part.duration) {
        found.push(
          broken('PART', `Part ${segment.sequence}.${index} was ${part.uri} and is now ${then?.uri ?? 'gone'}`),
        );
      }
    }
  }
  return found;
}

/** The part that a later playlist put where an earlier one ended; undefined where it has none yet. */
function partAt(
  playlist: MediaPlaylist,
  position: { msn: number; part: number },
): { segment: Segment; part: Part } | undefined {
  const segment = playlist.segments.find(({ sequence }) => sequence === position.msn);
  if (!segment) return undefined;
  const part = segment.parts[position.part];
  if (part) return { segment, part };
  const next = playlist.segments.find(({ sequence }) => sequence === position.msn + 1);
  return !isUnfinished(segment) && next?.parts[0] ? { segment: next, part: next.parts[0] } : undefined;
}

function checkHint(before: MediaPlaylist, after: MediaPlaylist): Violation[] {
  const hint = before.preloadHints.find(({ type }) => type === 'PART');
  const came = partAt(after, nextPosition(before));
  // A discontinuity is what a server cannot foresee; else it must keep its promise (6.2.6).
  if (!hint || !came || came.segment.discontinuity || came.part.uri === hint.uri) return [];
  return [broken('PRELOAD-HINT', `The hint was ${hint.uri}, the part that came is ${came.part.uri} (6.2.6)`)];
}

/** All that a playlist says, whether it came whole or as a delta update that was expanded. */
function contentOf({ mediaSequence, discontinuitySequence, segments, preloadHints, endList }: MediaPlaylist): string {
  const finished = segments.map((segment) => [describe(segment), segment.parts.map(rangedUri)]);
  return JSON.stringify([mediaSequence, discontinuitySequence, finished, preloadHints, endList]);
}

/** What must hold from one full playlist to a later one of the same rendition. */
export function checkSuccession(before: MediaPlaylist, after: MediaPlaylist): Violation[] {
  const found = checkSameSegments(before, after);
  if (before.targetDuration !== after.targetDuration) {
    found.push(
      broken(
        'TARGETDURATION',
        `TARGETDURATION changed from ${before.targetDuration} to ${after.targetDuration} (6.2.1)`,
      ),
    );
  }
  if (before.partTarget !== after.partTarget) {
    found.push(broken('PART-INF', `PART-TARGET changed from ${before.partTarget} to ${after.partTarget} (4.4.3.7)`));
  }
  if (after.mediaSequence < before.mediaSequence) {
    found.push(
      broken(
        'MEDIA-SEQUENCE',
        `MEDIA-SEQUENCE went back from ${before.mediaSequence} to ${after.mediaSequence} (6.2.1)`,
      ),
    );
  }
  const [from, to] = [nextPosition(before), nextPosition(after)];
  if (isBefore(to, from)) {
    found.push(broken('SEGMENT', `The end went back from ${from.msn}.${from.part} to ${to.msn}.${to.part}`));
  }
  if (after.mediaSequence > from.msn) {
    found.push(broken('MEDIA-SEQUENCE', `MEDIA-SEQUENCE ${after.mediaSequence} skips segments from ${from.msn} on`));
  }
  const toEnd = secondsToEnd(after);
  const total = toEnd.get(after.mediaSequence) ?? 0;
  if (after.mediaSequence > before.mediaSequence && total < 3 * (after.targetDuration ?? 0)) {
    found.push(broken('SEGMENT', `Segments were removed although only ${total.toFixed(2)} s remain (6.2.2)`));
  }
  for (const segment of after.segments) {
    const then = before.segments.find(({ sequence }) => sequence === segment.sequence);
    const lost = then && then.parts.length > 0 && segment.parts.length === 0;
    const untilEnd = (toEnd.get(segment.sequence) ?? 0) - (segment.duration ?? 0);
    if (lost && untilEnd < 3 * (after.targetDuration ?? 0) && !after.endList) {
      found.push(
        broken('PART', `Parts of segment ${segment.sequence} vanished ${untilEnd.toFixed(2)} s before the end (6.2.2)`),
      );
    }
  }
  if (before.endList && contentOf(before) !== contentOf(after)) {
    found.push(broken('ENDLIST', 'The playlist changed after EXT-X-ENDLIST (4.4.3.4)'));
  }
  return [...found, ...checkHint(before, after)];
}

/** A blocking reload must hold what was asked for, or be the end (6.2.5.2). */
export function checkBlockingAnswer(
  asked: { msn: number; part: number | undefined },
  answer: MediaPlaylist,
): Violation[] {
  if (answer.endList) return [];
  const next = nextPosition(answer);
  const part = asked.part ?? 0;
  const holds = next.msn > asked.msn || (asked.part !== undefined && next.msn === asked.msn && next.part > part);
  return holds
    ? []
    : [
        broken(
          'BLOCKING',
          `Asked for ${asked.msn}.${asked.part ?? '-'}, the answer ends before ${next.msn}.${next.part}`,
        ),
      ];
}

/** An expanded delta update against a full playlist: two answers to one question, of which either may be the earlier. */
export function checkDelta(full: MediaPlaylist, expanded: MediaPlaylist): Violation[] {
  const fullIsEarlier = isBefore(nextPosition(full), nextPosition(expanded));
  const [earlier, later] = fullIsEarlier ? [full, expanded] : [expanded, full];
  const found = checkSameSegments(earlier, later).map(({ rule, message }) => broken('SKIP', `${rule}: ${message}`));
  if (full.mediaSequence !== expanded.mediaSequence && nextPosition(full).msn === nextPosition(expanded).msn) {
    found.push(
      broken('SKIP', `The delta starts at ${expanded.mediaSequence}, the full playlist at ${full.mediaSequence}`),
    );
  }
  return found;
}

/**
 * A rendition report against the rendition itself, fetched before the playlist with the report was made and after it
 * was read: it may say neither less than was there before nor more than is there after (4.4.5.4).
 */
export function checkRenditionReport(
  report: { uri: string; lastMsn: number | undefined; lastPart: number | undefined },
  before: MediaPlaylist,
  after: MediaPlaylist,
): Violation[] {
  if (report.lastMsn === undefined) return [broken('RENDITION-REPORT', `The report of ${report.uri} has no LAST-MSN`)];
  if (after.partTarget !== undefined && report.lastPart === undefined) {
    return [broken('RENDITION-REPORT', `The report of ${report.uri} has no LAST-PART`)];
  }
  const found: Violation[] = [];
  const says = `The report of ${report.uri} says ${report.lastMsn}.${report.lastPart}`;
  const [early, late] = [nextPosition(before), nextPosition(after)];
  const lastPart = report.lastPart ?? 0;
  if (report.lastMsn > late.msn || (report.lastMsn === late.msn && lastPart >= late.part && late.part > 0)) {
    found.push(broken('RENDITION-REPORT', `${says}, but the rendition only reaches ${late.msn}.${late.part - 1}`));
  }
  if (report.lastMsn < early.msn - 1 || (report.lastMsn === early.msn && lastPart < early.part - 1)) {
    found.push(
      broken('RENDITION-REPORT', `${says}, but the rendition had already reached ${early.msn}.${early.part - 1}`),
    );
  }
  return found;
}

export function checkMasterPlaylist(master: MasterPlaylist): Violation[] {
  const found = master.problems.map((problem) => broken('SYNTAX', problem));
  if (master.variants.length === 0) found.push(broken('STREAM-INF', 'The master playlist lists no variant'));
  for (const variant of master.variants) {
    if (!variant.bandwidth) found.push(broken('BANDWIDTH', `${variant.uri} has no BANDWIDTH (4.4.6.2)`));
    if (!variant.codecs) found.push(broken('CODECS', `${variant.uri} has no CODECS (4.4.6.2)`));
    const video = /avc1|hvc1|av01/.test(variant.codecs ?? '');
    if (video && (!variant.width || !variant.height))
      found.push(broken('RESOLUTION', `${variant.uri} has no RESOLUTION`));
    if (video && !variant.frameRate) found.push(broken('FRAME-RATE', `${variant.uri} has no FRAME-RATE`));
    if ((variant.averageBandwidth ?? 0) > (variant.bandwidth ?? 0)) {
      found.push(broken('AVERAGE-BANDWIDTH', `${variant.uri}: AVERAGE-BANDWIDTH is above BANDWIDTH`));
    }
  }
  if (new Set(master.variants.map(({ uri }) => uri)).size !== master.variants.length) {
    found.push(broken('STREAM-INF', 'Two variants have the same URI'));
  }
  return found;
}

const EXTINF_UNITS = 100_000;

/**
 * BANDWIDTH is at least the peak segment bit rate: the greatest of any run of segments that together last between half
 * and one and a half target durations (4.1).
 */
export function checkBandwidth(
  variant: Pick<Variant, 'uri' | 'bandwidth'>,
  targetDuration: number,
  segments: readonly { sequence: number; duration: number; bytes: number }[],
): Violation[] {
  const found: Violation[] = [];
  for (let first = 0; first < segments.length; first += 1) {
    // In the units of EXTINF's five decimals, whose sums are exact.
    let units = 0;
    let bytes = 0;
    for (const segment of segments.slice(first)) {
      if (segment.sequence - (segments[first]?.sequence ?? 0) !== segments.indexOf(segment) - first) break;
      units += Math.round(segment.duration * EXTINF_UNITS);
      bytes += segment.bytes;
      if (units > 1.5 * targetDuration * EXTINF_UNITS) break;
      const bitsPerSecond = (bytes * 8 * EXTINF_UNITS) / units;
      if (units >= 0.5 * targetDuration * EXTINF_UNITS && bitsPerSecond > (variant.bandwidth ?? 0)) {
        found.push(
          broken(
            'BANDWIDTH',
            `${variant.uri}: ${bitsPerSecond.toFixed(0)} bit/s from segment ${segments[first]?.sequence}, BANDWIDTH says ${variant.bandwidth}`,
          ),
        );
      }
    }
  }
  return found;
}
