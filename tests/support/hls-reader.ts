import { setTimeout as sleep } from 'node:timers/promises';
import { httpGet, wallClock, type HttpAnswer } from './http-get.ts';
import {
  expandDelta,
  nextPosition,
  parseMaster,
  parseMedia,
  type MasterPlaylist,
  type MediaPlaylist,
  type Segment,
  type Variant,
} from './hls-playlist.ts';
import {
  checkBandwidth,
  checkBlockingAnswer,
  checkDelta,
  checkMasterPlaylist,
  checkMediaPlaylist,
  checkRenditionReport,
  checkSuccession,
  type Violation,
} from './hls-rules.ts';

/** A part as a low-latency client met it. */
export interface PartRecord {
  readonly sequence: number;
  readonly index: number;
  readonly uri: string;
  /** Seconds. */
  readonly duration: number;
  readonly independent: boolean;
  /** Unix ms by PROGRAM-DATE-TIME: when its first frame was made. */
  readonly mediaAt: number;
  /** Unix ms at which the playlist that lists it had arrived. */
  readonly listedAt: number;
}

export interface SegmentRecord {
  readonly sequence: number;
  readonly uri: string;
  /** Seconds. */
  readonly duration: number;
  readonly discontinuity: boolean;
  readonly initUri: string | undefined;
  readonly bytes: number;
  /** Kept where the reader was asked to. */
  readonly data: Buffer | undefined;
}

export interface ReaderOptions {
  /** low: blocking reloads, parts, hints and delta updates. plain: a client that knows nothing of parts. */
  readonly mode?: 'low' | 'plain';
  /** Which variant is followed; the first one where none is named. */
  readonly variant?: (variant: Variant) => boolean;
  /** Keep the bytes of all segments. */
  readonly keepMedia?: boolean;
  /** Ask once more, over a new connection, where one breaks or is refused: as players do. */
  readonly asksAgain?: boolean;
}

const PLAYLIST_TYPE = /^application\/(vnd\.apple\.mpegurl|x-mpegurl)/i;
const MAX_VIOLATIONS = 200;

/**
 * Follows one rendition of a live stream and checks all it sees. `stop()` ends it; `ended` settles at ENDLIST or stop.
 * Failures of the network or the server are violations, not exceptions.
 */
export class HlsReader {
  readonly violations: Violation[] = [];
  readonly parts: PartRecord[] = [];
  readonly segments: SegmentRecord[] = [];
  /** Init sections by absolute URL. */
  readonly inits = new Map<string, Buffer>();
  /** How many playlists, delta updates and rendition reports were checked. */
  readonly checked = { playlists: 0, deltas: 0, reports: 0, hints: 0, partsFetched: 0 };
  /** How many blocking reloads were answered 503 (nothing came for three target durations). */
  unavailable = 0;
  /** How many requests failed, and were answered when they were sent once more. */
  mended = 0;
  master!: MasterPlaylist;
  variant!: Variant;
  playlist!: MediaPlaylist;
  readonly ended: Promise<void>;

  readonly #masterUrl: string;
  readonly #options: ReaderOptions;
  readonly #stopped = new AbortController();
  #playlistUrl = '';
  #takenAt = 0;
  #rounds = 0;
  #background: Promise<void>[] = [];
  #hinted = new Map<string, Promise<HttpAnswer | undefined>>();
  #fetchedParts = new Map<string, Buffer>();
  #settleEnded!: () => void;

  constructor(masterUrl: string, options: ReaderOptions = {}) {
    this.#masterUrl = masterUrl;
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#settleEnded = resolve));
  }

  /** Resolves once master and media playlist are there (a show that just went on air has none for a moment). */
  async start(timeoutMs = 15_000): Promise<this> {
    const deadline = Date.now() + timeoutMs;
    const answer = await this.#firstAnswer(this.#masterUrl, deadline);
    this.#checkHeaders(answer);
    this.master = parseMaster(answer.body.toString());
    this.#add(checkMasterPlaylist(this.master));
    const variant = this.master.variants.find(this.#options.variant ?? (() => true));
    if (!variant) throw new Error(`No variant fits:\n${this.master.text}`);
    this.variant = variant;
    this.#playlistUrl = new URL(variant.uri, this.#masterUrl).href;
    const media = await this.#firstAnswer(this.#playlistUrl, deadline);
    this.#checkHeaders(media);
    this.#take(parseMedia(media.body.toString()), media.endedAt);
    void this.#follow().finally(this.#settleEnded);
    return this;
  }

  async stop(): Promise<this> {
    this.#stopped.abort();
    await this.ended;
    return this;
  }

  /**
   * How late each part was listed, in ms against the least late one. With `since` only parts listed after that date.
   */
  lateness(since = 0): number[] {
    const behind = this.parts.filter(({ listedAt }) => listedAt >= since).map((part) => part.listedAt - part.mediaAt);
    const least = Math.min(...behind);
    return behind.map((ms) => ms - least);
  }

  /** The first segment whose number does not follow the one before it: another transcoder has made it. */
  get leap(): SegmentRecord | undefined {
    return this.segments.find(({ sequence }, i, all) => i > 0 && sequence > all[i - 1]!.sequence + 1);
  }

  /** The parts that are not the next one behind the one that was listed before them. */
  get partsBehindHoles(): PartRecord[] {
    return this.parts.filter((part, i, all) => {
      const before = all[i - 1];
      if (!before) return false;
      const isNext = part.sequence === before.sequence && part.index === before.index + 1;
      return !isNext && !(part.sequence === before.sequence + 1 && part.index === 0);
    });
  }

  async #firstAnswer(url: string, deadline: number): Promise<HttpAnswer> {
    for (;;) {
      const answer = await httpGet(url, { headers: { 'accept-encoding': 'gzip' } }).catch((error: unknown) => error);
      if (!(answer instanceof Error) && (answer as HttpAnswer).status === 200) return answer as HttpAnswer;
      if (Date.now() > deadline) {
        const what = answer instanceof Error ? answer.message : `status ${(answer as HttpAnswer).status}`;
        throw new Error(`${url} was not there in time: ${what}`);
      }
      await sleep(25);
    }
  }

  #report(rule: string, message: string): void {
    // What is wrong with a segment is wrong in each playlist that lists it.
    if (this.violations.length >= MAX_VIOLATIONS || this.violations.some((known) => known.message === message)) return;
    this.violations.push({ rule, message });
  }

  #add(found: readonly Violation[]): void {
    for (const { rule, message } of found) this.#report(rule, message);
  }

  #checkHeaders(answer: HttpAnswer): void {
    if (!PLAYLIST_TYPE.test(answer.headers['content-type'] ?? '')) {
      this.#report('MIME', `${answer.url} has the type ${answer.headers['content-type']} (4)`);
    }
    if (answer.headers['access-control-allow-origin'] === undefined) {
      this.#report('CORS', `${answer.url} has no Access-Control-Allow-Origin`);
    }
  }

  async #get(url: string): Promise<HttpAnswer | undefined> {
    const request = { headers: { 'accept-encoding': 'gzip' }, signal: this.#stopped.signal };
    try {
      return await httpGet(url, request);
    } catch (error) {
      if (this.#stopped.signal.aborted) return undefined;
      const again = this.#options.asksAgain
        ? await httpGet(url, { ...request, connection: 'new' }).catch(() => undefined)
        : undefined;
      if (again) this.mended += 1;
      else if (!this.#stopped.signal.aborted) this.#report('HTTP', `GET ${url} failed: ${String(error)}`);
      return again;
    }
  }

  async #follow(): Promise<void> {
    while (!this.#stopped.signal.aborted && !this.playlist.endList) {
      await (this.#options.mode === 'plain' ? this.#reload() : this.#blockingReload());
    }
    await Promise.all(this.#background);
    if (!this.playlist.endList || this.#stopped.signal.aborted) return;
    await sleep(300);
    const again = await httpGet(this.#playlistUrl).catch(() => undefined);
    // After Ctrl-C nobody may be left to ask, which is no broken rule.
    if (again?.status === 200) this.#add(checkSuccession(this.playlist, parseMedia(again.body.toString())));
  }

  async #reload(): Promise<void> {
    const target = this.playlist.targetDuration ?? 1;
    // Section 6.3.4: a target duration after a change, half of it while nothing changed; the half serves for both.
    await sleep(target * 500, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    const answer = await this.#get(this.#playlistUrl);
    if (answer?.status === 200) this.#take(parseMedia(answer.body.toString()), answer.endedAt);
    else if (answer) this.#report('HTTP', `${answer.url} was answered ${answer.status}`);
  }

  async #blockingReload(): Promise<void> {
    this.#rounds += 1;
    const asked = nextPosition(this.playlist);
    const query = `?_HLS_msn=${asked.msn}&_HLS_part=${asked.part}`;
    // Section 6.2.5.1: a client asks for a delta only while its playlist is younger than half the skip boundary.
    const canSkipUntil = this.playlist.serverControl?.canSkipUntil ?? 0;
    const useDelta = this.#rounds % 2 === 0 && wallClock() - this.#takenAt < canSkipUntil * 500;
    for (const { uri } of this.playlist.preloadHints) this.#fetchHint(uri);
    const compare = useDelta && this.#rounds % 10 === 0 ? this.#get(this.#playlistUrl + query) : undefined;
    const answer = await this.#get(this.#playlistUrl + query + (useDelta ? '&_HLS_skip=YES' : ''));
    if (!answer) {
      await sleep(100);
      return;
    }
    if (answer.status === 503) {
      this.unavailable += 1;
      return;
    }
    if (answer.status !== 200) {
      this.#report('HTTP', `${answer.url} was answered ${answer.status}: ${answer.body.toString().slice(0, 200)}`);
      await sleep(200);
      return;
    }
    this.#checkHeaders(answer);
    const parsed = parseMedia(answer.body.toString());
    if (parsed.skipped > 0) this.checked.deltas += 1;
    if (parsed.skipped > 0 && !useDelta) this.#report('SKIP', 'A delta update came unasked (6.2.5.1)');
    const full = expandDelta(this.playlist, parsed);
    if (!full) {
      this.#report('SKIP', `The delta skips segments that were never listed:\n${parsed.text.slice(0, 600)}`);
      return;
    }
    if (full.skipped !== parsed.skipped) this.#add(parsed.problems.map((message) => ({ rule: 'SYNTAX', message })));
    const compared = await compare;
    if (compared?.status === 200) this.#add(checkDelta(parseMedia(compared.body.toString()), full));
    this.#add(checkBlockingAnswer(asked, full));
    this.#take(full, answer.endedAt);
    if (this.#rounds % 12 === 6) this.#background.push(this.#checkReports());
  }

  #fetchHint(uri: string): void {
    const url = new URL(uri, this.#playlistUrl).href;
    if (this.#hinted.has(url)) return;
    this.#hinted.set(url, this.#get(url));
  }

  #take(playlist: MediaPlaylist, arrivedAt: number): void {
    const before: MediaPlaylist | undefined = this.playlist;
    this.#takenAt = arrivedAt;
    this.checked.playlists += 1;
    this.#add(checkMediaPlaylist(playlist));
    if (before) this.#add(checkSuccession(before, playlist));
    const from = before ? nextPosition(before) : undefined;
    this.playlist = playlist;
    let date: number | undefined;
    for (const segment of playlist.segments) {
      date = segment.programDateTime ?? date;
      let partDate = date;
      for (const [index, part] of segment.parts.entries()) {
        const isNew = !from || segment.sequence > from.msn || (segment.sequence === from.msn && index >= from.part);
        if (before && isNew && partDate !== undefined) {
          this.parts.push({
            sequence: segment.sequence,
            index,
            uri: part.uri,
            duration: part.duration,
            independent: part.independent,
            mediaAt: partDate,
            listedAt: arrivedAt,
          });
        }
        if (this.#options.mode !== 'plain' && before && isNew && !part.gap)
          this.#background.push(this.#fetchPart(part.uri));
        if (partDate !== undefined) partDate += part.duration * 1000;
      }
      const known = segment.sequence <= (this.segments.at(-1)?.sequence ?? -1);
      const isFinished = segment.uri !== undefined && segment.duration !== undefined;
      // Three from the end is where a plain client begins; an older one may just be leaving the window.
      const near = before || segment.sequence >= (playlist.segments.at(-1)?.sequence ?? 0) - 3;
      if (isFinished && !known && near) this.#background.push(this.#fetchSegment(segment));
      if (segment.duration !== undefined && date !== undefined) date += segment.duration * 1000;
      else date = partDate;
    }
    if (this.#background.length > 50) this.#background = [Promise.all(this.#background).then(() => undefined)];
  }

  async #fetchPart(uri: string): Promise<void> {
    const url = new URL(uri, this.#playlistUrl).href;
    const hinted = this.#hinted.get(url);
    if (hinted) this.checked.hints += 1;
    const answer = await (hinted ?? this.#get(url));
    this.#hinted.delete(url);
    if (!answer) return;
    if (answer.status !== 200) {
      this.#report('HTTP', `Part ${uri} was answered ${answer.status}${hinted ? ' (by its hint)' : ''}`);
      return;
    }
    this.checked.partsFetched += 1;
    this.#fetchedParts.set(uri, answer.body);
  }

  async #fetchSegment(segment: Segment): Promise<void> {
    const { uri, duration, map } = segment;
    if (uri === undefined || duration === undefined) return;
    const record = {
      sequence: segment.sequence,
      uri,
      duration,
      discontinuity: segment.discontinuity,
      initUri: map && new URL(map.uri, this.#playlistUrl).href,
      bytes: 0,
      data: undefined as Buffer | undefined,
    };
    this.segments.push(record);
    if (record.initUri && !this.inits.has(record.initUri)) {
      this.inits.set(record.initUri, Buffer.alloc(0));
      const init = await this.#get(record.initUri);
      if (init?.status === 200) this.inits.set(record.initUri, init.body);
      else if (init) this.#report('HTTP', `Init section ${map?.uri} was answered ${init.status}`);
    }
    const answer = await this.#get(new URL(uri, this.#playlistUrl).href);
    if (!answer) return;
    if (answer.status !== 200) {
      this.#report('HTTP', `Segment ${uri} was answered ${answer.status}`);
      return;
    }
    record.bytes = answer.body.length;
    if (this.#options.keepMedia) record.data = answer.body;
    const parts = segment.parts.map((part) => this.#fetchedParts.get(part.uri));
    if (parts.length > 0 && parts.every((part) => part !== undefined)) {
      if (!Buffer.concat(parts).equals(answer.body)) {
        this.#report('PART', `Segment ${uri} is not what its ${parts.length} parts make together (3.2)`);
      }
    }
    for (const part of segment.parts) this.#fetchedParts.delete(part.uri);
  }

  /** Rendition reports must name all other renditions, and where they stand right now. */
  async #checkReports(): Promise<void> {
    const others = this.master.variants
      .map(({ uri }) => new URL(uri, this.#masterUrl).href)
      .filter((url) => url !== this.#playlistUrl);
    for (const other of others) {
      const before = await this.#get(other);
      const formerly = await this.#get(this.#playlistUrl);
      if (formerly?.status !== 200) continue;
      // Reports are of the moment when their own rendition went on: only the next playlist is made after `before` was.
      const { msn, part } = nextPosition(parseMedia(formerly.body.toString()));
      const own = await this.#get(`${this.#playlistUrl}?_HLS_msn=${msn}&_HLS_part=${part}`);
      const after = await this.#get(other);
      if (before?.status !== 200 || own?.status !== 200 || after?.status !== 200) continue;
      const report = parseMedia(own.body.toString()).renditionReports.find(
        ({ uri }) => new URL(uri, this.#playlistUrl).href === other,
      );
      this.checked.reports += 1;
      const rendition = parseMedia(before.body.toString());
      if (report) this.#add(checkRenditionReport(report, rendition, parseMedia(after.body.toString())));
      // A playlist is made when its own rendition goes on: one that has only just begun is not in it yet.
      else if (rendition.segments.flatMap(({ parts }) => parts).length > 1) {
        this.#report('RENDITION-REPORT', `There is no report of ${other} (appendix D.1)`);
      }
    }
  }

  /** BANDWIDTH as the master says it now, against all segments that were read. */
  async checkBandwidth(): Promise<Violation[]> {
    const answer = await httpGet(this.#masterUrl);
    const variant = parseMaster(answer.body.toString()).variants.find(({ uri }) => uri === this.variant.uri);
    const read = this.segments.filter(({ bytes }) => bytes > 0).sort((a, b) => a.sequence - b.sequence);
    return checkBandwidth(variant ?? this.variant, this.playlist.targetDuration ?? 0, read);
  }
}

/** Follows a live stream; resolves once it has its first playlist. */
export function followLive(masterUrl: string, options: ReaderOptions = {}): Promise<HlsReader> {
  return new HlsReader(masterUrl, options).start();
}

/** Now, on the clock of the reader's records. */
export const readerClock = wallClock;
