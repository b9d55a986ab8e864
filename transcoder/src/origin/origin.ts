import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Part } from '../packager/part.ts';
import type { Segment } from '../packager/segment-window.ts';
import { isReached, parseReloadQuery, tooFarAhead, type Wanted } from './blocking-reload.ts';
import { HLS_PREFIX, parseHlsPath, type RenditionFile } from './path.ts';
import {
  acceptsGzip,
  INIT_TYPE,
  MediaResponse,
  PlaylistResponse,
  SEGMENT_TYPE,
  sendPreflight,
  sendProblem,
} from './responses.ts';
import type { RenditionPages, ShowPages } from './show-pages.ts';

export interface OriginOptions {
  /** The running show of a stream (`namespace/name`), or the one that ended last while it can still be read. */
  readonly find: (stream: string) => ShowPages | undefined;
  readonly now: () => number;
}

/** A blocked request is given up after this many target durations (RFC 8216bis section 6.2.5.2). */
const PATIENCE_TARGETS = 3;
/** What a blocked request asked for does not change its meaning: caches may keep it for this many (appendix B.1). */
const BLOCKED_LIFETIME_TARGETS = 6;
const PLAIN_LIFETIME_S = 1;
/** The first picture of a show is waited for, a rendition that never comes is not waited for longer. */
const NOT_FOUND = 'There is no such file. Live media can be fetched for about half a minute.';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Serves what is below `/hls/`. */
export class Origin {
  readonly #options: OriginOptions;

  constructor(options: OriginOptions) {
    this.#options = options;
  }

  /** False where the URL is not below `/hls/`; everything else is answered here, now or later. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? '';
    if (!url.startsWith(HLS_PREFIX)) return false;
    if (request.method === 'OPTIONS') sendPreflight(response);
    else if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendProblem(response, 405, `${request.method} is not allowed: media can be read with GET and HEAD.`);
    } else this.#read({ request, response }, url);
    return true;
  }

  #read(exchange: Exchange, url: string): void {
    const questionMark = url.indexOf('?');
    const path = parseHlsPath(questionMark < 0 ? url : url.slice(0, questionMark));
    if (!path) return sendProblem(exchange.response, 404, 'There is nothing of that name below /hls/.');
    const pages = this.#options.find(path.stream);
    if (!pages) return sendProblem(exchange.response, 404, `No show of ${path.stream} is running.`);
    if (path.kind === 'master') return this.#master(exchange, pages);
    const rendition = pages.rendition(path.rendition);
    if (!rendition) return sendProblem(exchange.response, 404, `The show has no rendition named ${path.rendition}.`);
    if (path.kind === 'playlist') {
      return this.#playlist(exchange, pages, rendition, questionMark < 0 ? '' : url.slice(questionMark + 1));
    }
    return this.#media(exchange, rendition, path);
  }

  #master({ request, response }: Exchange, pages: ShowPages): void {
    const source = pages.rendition('source')!;
    const answer = () => {
      const text = pages.master();
      if (!text) return sendProblem(response, 404, 'The show ended before it began.');
      const options = { gzip: false, maxAgeS: PLAIN_LIFETIME_S };
      new PlaylistResponse(Buffer.from(text, 'latin1'), options).send(request, response);
    };
    // The first part tells the bandwidth.
    const isMeasured = () => (source.rendition.window.segments[0]?.parts.length ?? 0) > 0;
    this.#when({ request, response }, source, isMeasured, answer);
  }

  #playlist(exchange: Exchange, pages: ShowPages, target: RenditionPages, queryText: string): void {
    const { request, response } = exchange;
    const { window, limits, partTarget } = target.rendition;
    const query = parseReloadQuery(queryText);
    if ('problem' in query) return sendProblem(response, 400, query.problem);
    const wanted = pages.lowLatency ? query.wanted : undefined;
    const problem = wanted && window.last && !window.ended ? tooFarAhead(wanted, window.last, partTarget) : undefined;
    if (problem) return sendProblem(response, 400, problem);
    const maxAgeS = wanted ? BLOCKED_LIFETIME_TARGETS * limits.targetDurationS : PLAIN_LIFETIME_S;
    const gzip = acceptsGzip(request);
    const isReady = wanted ? () => isReached(window, wanted) : () => pages.isPlayable(target.rendition);
    // A playlist without anything in it would be invalid: the first part is waited for.
    this.#when(exchange, target, isReady, () => {
      if (!window.last) return sendProblem(response, 404, 'The show ended before it began.');
      target.playlist({ skip: query.skip, gzip, maxAgeS }).send(request, response);
    });
  }

  #media(exchange: Exchange, target: RenditionPages, file: Exclude<RenditionFile, { kind: 'playlist' }>): void {
    const { request, response } = exchange;
    const { window } = target.rendition;
    if (file.kind === 'map') {
      const bytes = window.map(file.name);
      if (!bytes) return sendProblem(response, 404, NOT_FOUND);
      return new MediaResponse(INIT_TYPE, bytes.length, () => [bytes]).send(request, response);
    }
    const segment = window.segment(file.msn);
    if (file.kind === 'segment') {
      if (!segment?.complete || segment.gap) return sendProblem(response, 404, NOT_FOUND);
      return segmentResponse(segment).send(request, response);
    }
    const send = () => {
      const part = window.segment(file.msn)?.parts[file.part];
      if (!part || part.gap) return sendProblem(response, 404, NOT_FOUND);
      partResponse(part).send(request, response);
    };
    if (segment?.parts[file.part] || !isHinted(target, file)) return send();
    this.#when(exchange, target, () => isReached(window, file), send);
  }

  /** Answers now or when the rendition has got that far. */
  #when({ response }: Exchange, target: RenditionPages, isReady: () => boolean, answer: () => void): void {
    if (isReady() || target.rendition.window.ended) return answer();
    const patienceMs = PATIENCE_TARGETS * target.rendition.limits.targetDurationS * 1000;
    const expire = () => sendProblem(response, 503, 'The show has not gone on in time: ask again.');
    const waiting = target.waiting.add({
      response,
      deadlineMs: this.#options.now() + patienceMs,
      isReady,
      answer,
      expire,
    });
    if (!waiting) sendProblem(response, 503, 'Too many requests wait for this show: ask again.');
  }
}

const segmentResponses = new WeakMap<Segment, MediaResponse>();
const partResponses = new WeakMap<Part, MediaResponse>();

function segmentResponse(segment: Segment): MediaResponse {
  let response = segmentResponses.get(segment);
  if (!response) {
    const { parts, byteLength } = segment;
    response = new MediaResponse(SEGMENT_TYPE, byteLength, () => parts.map(({ bytes }) => bytes));
    segmentResponses.set(segment, response);
  }
  return response;
}

function partResponse(part: Part): MediaResponse {
  let response = partResponses.get(part);
  if (!response) {
    response = new MediaResponse(SEGMENT_TYPE, part.byteLength, () => [part.bytes]);
    partResponses.set(part, response);
  }
  return response;
}

/** The part after the newest, or the first of the next segment: a request for either waits. */
function isHinted({ rendition }: RenditionPages, { msn, part }: Wanted): boolean {
  const { window } = rendition;
  const open = window.open;
  if (!open) return msn === rendition.nextPart.msn && part === 0;
  return (msn === open.msn && part === open.parts.length) || (msn === open.msn + 1 && part === 0);
}
