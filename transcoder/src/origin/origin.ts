import type { Part } from '../packager/part.ts';
import type { Segment } from '../packager/segment-window.ts';
import { isReached, parseReloadQuery, tooFarAhead, type Wanted } from './blocking-reload.ts';
import { acceptsGzip, type Exchange } from './exchange.ts';
import { HLS_PREFIX, parseHlsPath, type RenditionFile } from './path.ts';
import {
  INIT_TYPE,
  mediaReply,
  PLAIN_LIFETIME_S,
  preflightReply,
  problemReply,
  rangeReply,
  SEGMENT_TYPE,
} from './replies.ts';
import type { Reply } from './reply.ts';
import type { RenditionPages, ShowPages } from './show-pages.ts';

export interface OriginOptions {
  /** The running show of a stream (`namespace/name`), or the one that ended last while it can still be read. */
  readonly find: (stream: string) => ShowPages | undefined;
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
}

/** A blocked request is given up after this many target durations (RFC 8216bis section 6.2.5.2). */
const PATIENCE_TARGETS = 3;
/** An encoded rendition that has nothing yet while the source plays is not waited for longer: players take another then. */
const FIRST_PICTURE_MS = 2_000;
/** An answer that was waited for lists just what was asked for: caches may keep it for this many (appendix B.1). */
const AWAITED_LIFETIME_TARGETS = 6;
const NOT_FOUND = 'There is no such file. Live media can be fetched for about half a minute.';

/** Serves what is below `/hls/`. */
export class Origin {
  readonly #options: OriginOptions;

  constructor(options: OriginOptions) {
    this.#options = options;
  }

  /** False where the URL is not below `/hls/`; everything else is answered here, now or later. */
  handle(exchange: Exchange): boolean {
    const { method, url } = exchange;
    if (!url.startsWith(HLS_PREFIX)) return false;
    if (method === 'OPTIONS') exchange.reply(preflightReply());
    else if (method !== 'GET' && method !== 'HEAD') {
      exchange.reply(problemReply(405, `${method} is not allowed: media can be read with GET and HEAD.`));
    } else this.#read(exchange, url);
    return true;
  }

  #read(exchange: Exchange, url: string): void {
    const questionMark = url.indexOf('?');
    const path = parseHlsPath(questionMark < 0 ? url : url.slice(0, questionMark));
    if (!path) return exchange.reply(problemReply(404, 'There is nothing of that name below /hls/.'));
    const pages = this.#options.find(path.stream);
    if (!pages) return exchange.reply(problemReply(404, `No show of ${path.stream} is running.`));
    if (path.kind === 'master') return this.#master(exchange, pages);
    const rendition = pages.rendition(path.rendition);
    if (!rendition) return exchange.reply(problemReply(404, `The show has no rendition named ${path.rendition}.`));
    if (path.kind === 'playlist') {
      return this.#playlist(exchange, pages, rendition, questionMark < 0 ? '' : url.slice(questionMark + 1));
    }
    return this.#media(exchange, rendition, path);
  }

  #master(exchange: Exchange, pages: ShowPages): void {
    const source = pages.rendition('source')!;
    // The first part tells the bandwidth.
    const isMeasured = () => (source.rendition.window.segments[0]?.parts.length ?? 0) > 0;
    this.#when(exchange, source, isMeasured, () => {
      const reply = pages.master({ gzip: acceptsGzip(exchange), maxAgeS: PLAIN_LIFETIME_S });
      exchange.reply(reply ?? problemReply(404, 'The show ended before it began.'));
    });
  }

  #playlist(exchange: Exchange, pages: ShowPages, target: RenditionPages, queryText: string): void {
    const { window, limits, partTarget } = target.rendition;
    const query = parseReloadQuery(queryText);
    if ('problem' in query) return exchange.reply(problemReply(400, query.problem));
    const wanted = pages.lowLatency ? query.wanted : undefined;
    // Before the first segment of a rendition the source tells where it will begin.
    const last = window.last ?? { msn: pages.show.source.nextPart.msn, parts: [] };
    const problem = wanted && !window.ended ? tooFarAhead(wanted, last, partTarget) : undefined;
    if (problem) return exchange.reply(problemReply(400, problem));
    // A playlist without anything in it would be invalid: the first part is waited for, also by who asks for what is long past.
    const isReady = () => pages.isPlayable(target.rendition) && (!wanted || isReached(window, wanted));
    // Any number could name what is past, and after the end what a later show will have: caches keep those answers no longer than a plain one.
    const isAwaited = wanted !== undefined && wanted.msn >= last.msn && !isReady();
    const answer = () => {
      if (!window.last) return exchange.reply(problemReply(404, 'The show ended before it began.'));
      const isForGood = isAwaited && !window.ended;
      const maxAgeS = isForGood ? AWAITED_LIFETIME_TARGETS * limits.targetDurationS : PLAIN_LIFETIME_S;
      return exchange.reply(target.playlist({ skip: query.skip, gzip: acceptsGzip(exchange), maxAgeS }));
    };
    const isBehind = !window.last && pages.show.source.window.last;
    this.#when(exchange, target, isReady, answer, isBehind ? FIRST_PICTURE_MS : undefined);
  }

  #media(exchange: Exchange, target: RenditionPages, file: Exclude<RenditionFile, { kind: 'playlist' }>): void {
    const { window } = target.rendition;
    const send = (reply: Reply | undefined, type: string) => {
      if (!reply) exchange.reply(problemReply(404, NOT_FOUND));
      else exchange.reply(exchange.range === undefined ? reply : rangeReply(reply, type, exchange.range));
    };
    if (file.kind === 'map') {
      const bytes = window.map(file.name);
      return send(bytes && mediaReply(INIT_TYPE, bytes.length, () => [bytes]), INIT_TYPE);
    }
    const segment = window.segment(file.msn);
    if (file.kind === 'segment') return send(segment && segmentReply(segment), SEGMENT_TYPE);
    const sendPart = () => {
      const part = window.segment(file.msn)?.parts[file.part];
      send(part && partReply(part), SEGMENT_TYPE);
    };
    if (segment?.parts[file.part] || !isHinted(target, file)) return sendPart();
    this.#when(exchange, target, () => isReached(window, file), sendPart);
  }

  /** Answers now or when the rendition has got that far. */
  #when(
    exchange: Exchange,
    target: RenditionPages,
    isReady: () => boolean,
    answer: () => void,
    patienceMs = PATIENCE_TARGETS * target.rendition.limits.targetDurationS * 1000,
  ): void {
    const { window } = target.rendition;
    const isDecided = () => isReady() || window.ended;
    if (isDecided()) return answer();
    const waiting = target.waiting.add({
      exchange,
      deadlineMs: this.#options.now() + patienceMs,
      isReady: isDecided,
      answer,
      expire: () => exchange.reply(problemReply(503, 'The show has not gone on in time: ask again.')),
    });
    if (!waiting) exchange.reply(problemReply(503, 'Too many requests wait for this show: ask again.'));
  }
}

const segmentReplies = new WeakMap<Segment, Reply>();
const partReplies = new WeakMap<Part, Reply>();

/** `undefined` where the segment has no media, or not all of it yet. */
function segmentReply(segment: Segment): Reply | undefined {
  if (!segment.complete || segment.gap) return undefined;
  let reply = segmentReplies.get(segment);
  if (!reply) {
    const { parts, byteLength } = segment;
    reply = mediaReply(SEGMENT_TYPE, byteLength, () => parts.map(({ bytes }) => bytes));
    segmentReplies.set(segment, reply);
  }
  return reply;
}

/** `undefined` where the part has no media. */
function partReply(part: Part): Reply | undefined {
  if (part.gap) return undefined;
  let reply = partReplies.get(part);
  if (!reply) {
    reply = mediaReply(SEGMENT_TYPE, part.byteLength, () => [part.bytes]);
    partReplies.set(part, reply);
  }
  return reply;
}

/** The part after the newest, or the first of the next segment: a request for either waits. */
function isHinted({ rendition }: RenditionPages, { msn, part }: Wanted): boolean {
  const { window } = rendition;
  const open = window.open;
  if (!open) return msn === rendition.nextPart.msn && part === 0;
  return (msn === open.msn && part === open.parts.length) || (msn === open.msn + 1 && part === 0);
}
