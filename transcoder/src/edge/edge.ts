import { streamId, type StreamRef } from '@showrunner/service-kit';
import { acceptsGzip, type Exchange } from '../origin/exchange.ts';
import { HLS_PREFIX } from '../origin/path.ts';
import { preflightReply, problemReply, rangeReply } from '../origin/replies.ts';
import type { Reply } from '../origin/reply.ts';
import { isPlaylist, readUrl, type Asked } from './asked.ts';
import { lifetimeMs } from './cache-control.ts';
import type { EdgeMetrics } from './edge-metrics.ts';
import { ReplyCache } from './reply-cache.ts';
import { UnknownStreams } from './unknown-streams.ts';
import { UpstreamConnections, type Address } from './upstream-call.ts';
import { upstreamReply } from './upstream-reply.ts';
import { UpstreamStream, type Flight, type UpstreamProblem } from './upstream-stream.ts';

export interface EdgeOptions {
  /** Where the transcoder of a stream listens. */
  readonly addressOf: (stream: StreamRef) => Address;
  /** The namespaces whose streams are served; all where it is empty. */
  readonly namespaces: readonly string[];
  readonly cacheBytes: number;
  readonly metrics: EdgeMetrics;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
  readonly limits?: Partial<EdgeLimits>;
}

export interface EdgeLimits {
  /** How long a transcoder may be away before viewers hear of it, in milliseconds. */
  readonly holdMs: number;
  /** Viewers that may wait for one stream at a time, and for all together. */
  readonly waitersPerStream: number;
  readonly waiters: number;
  /** Different things that may be asked of one transcoder at a time. */
  readonly flightsPerStream: number;
  /** Streams that have not answered yet that may be asked at a time: looking for what is not there must not hold up the rest. */
  readonly unknownStreams: number;
  /** Bytes of answers that may be on their way from all transcoders at a time. */
  readonly inFlightBytes: number;
}

const MIB = 1024 * 1024;
const LIMITS: EdgeLimits = {
  holdMs: 8_000,
  waitersPerStream: 20_000,
  waiters: 50_000,
  flightsPerStream: 256,
  unknownStreams: 64,
  inFlightBytes: 128 * MIB,
};
/** Far above what a playlist of a full window has. */
const MOST_PLAYLIST_BYTES = MIB;
/** A segment is at most a quarter of what a transcoder keeps of a rendition. */
const MOST_MEDIA_BYTES = 64 * MIB;
/** A stream that nobody asked for in so long is forgotten. */
const FORGET_MS = 60_000;
const OVERLOADED = 'Too many bytes are on their way from transcoders: ask again.';
const RETRY_AFTER = [['Retry-After', '1']] as const;

/** One question for all who ask it, and who they are. */
interface SharedFlight extends Flight {
  readonly waiters: Set<Exchange>;
}

interface StreamEntry {
  readonly upstream: UpstreamStream;
  readonly flights: Map<string, SharedFlight>;
  waiters: number;
  usedMs: number;
}

/**
 * Answers what is below `/hls/` for any number of viewers with one request each to the stream's transcoder: all who ask for the
 * same wait for the same answer, also where it is held back until there is media, and who comes later gets it from memory
 * for as long as the transcoder said. It holds nothing that another edge would not find for itself.
 */
export class Edge {
  readonly #options: EdgeOptions;
  readonly #limits: EdgeLimits;
  readonly #metrics: EdgeMetrics;
  readonly #now: () => number;
  readonly #cache: ReplyCache;
  readonly #connections: UpstreamConnections;
  readonly #streams = new Map<string, StreamEntry>();
  readonly #unknown: UnknownStreams;
  readonly #sweep: NodeJS.Timeout;
  #waiters = 0;

  constructor(options: EdgeOptions) {
    const { now = () => performance.now() } = options;
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#metrics = options.metrics;
    this.#now = now;
    this.#cache = new ReplyCache(options.cacheBytes, now);
    this.#connections = new UpstreamConnections(this.#limits.inFlightBytes);
    this.#unknown = new UnknownStreams(now);
    this.#sweep = setInterval(() => this.#forgetUnused(), FORGET_MS / 4).unref();
    options.metrics.observe({
      cacheBytes: () => this.#cache.bytes,
      cacheEntries: () => this.#cache.size,
      waiting: () => this.#waiters,
      held: () => this.#sum(({ upstream }) => upstream.held),
      streams: () => this.#streams.size,
    });
  }

  /** False where the URL is not below `/hls/`; everything else is answered here, now or later. */
  handle(exchange: Exchange): boolean {
    const { method, url } = exchange;
    if (!url.startsWith(HLS_PREFIX)) return false;
    if (method === 'OPTIONS') this.#answer(exchange, preflightReply());
    else if (method !== 'GET' && method !== 'HEAD') {
      this.#refuse(exchange, 405, `${method} is not allowed: media can be read with GET and HEAD.`);
    } else this.#read(exchange, url);
    return true;
  }

  /** Lets go of all transcoders. Who still waits is not answered. */
  close(): void {
    clearInterval(this.#sweep);
    for (const { upstream } of this.#streams.values()) upstream.close();
    this.#connections.close();
  }

  #read(exchange: Exchange, url: string): void {
    const asked = readUrl(url);
    if ('problem' in asked) return this.#refuse(exchange, asked.problem.status, asked.problem.sentence);
    if (!this.#serves(asked.stream)) {
      return this.#refuse(exchange, 404, `There is no stream named ${streamId(asked.stream)}.`);
    }
    const gzip = isPlaylist(asked.kind) && acceptsGzip(exchange);
    const key = gzip ? `gzip ${asked.target}` : asked.target;
    const kept = this.#cache.get(key);
    if (kept) {
      this.#metrics.request('hit');
      return this.#answer(exchange, kept);
    }
    this.#wait(exchange, key, asked, gzip);
  }

  #serves({ namespace }: StreamRef): boolean {
    const { namespaces } = this.#options;
    return namespaces.length === 0 || namespaces.includes(namespace);
  }

  #wait(exchange: Exchange, key: string, asked: Asked, gzip: boolean): void {
    const id = streamId(asked.stream);
    if (this.#unknown.has(id)) return this.#refuse(exchange, 404, `There is no stream named ${id}.`);
    const entry = this.#entry(id, asked.stream);
    const flight = entry?.flights.get(key);
    const { waiters, waitersPerStream, flightsPerStream } = this.#limits;
    if (
      !entry ||
      this.#waiters >= waiters ||
      entry.waiters >= waitersPerStream ||
      (!flight && entry.flights.size >= flightsPerStream)
    ) {
      return this.#refuse(exchange, 503, 'Too many requests wait here: ask again.', RETRY_AFTER);
    }
    if (!flight && this.#connections.isFull) {
      this.#metrics.failed('overloaded');
      return this.#refuse(exchange, 503, OVERLOADED, RETRY_AFTER);
    }
    this.#metrics.request(flight ? 'coalesced' : 'upstream');
    this.#waiters += 1;
    entry.waiters += 1;
    const joined = flight ?? this.#flight(key, id, entry, asked, gzip);
    joined.waiters.add(exchange);
    exchange.onGone(() => this.#leave(exchange, key, entry, joined));
    if (!flight) entry.upstream.ask(joined);
  }

  #flight(key: string, id: string, entry: StreamEntry, { target, kind, mayBlock }: Asked, gzip: boolean): SharedFlight {
    const mostBytes = isPlaylist(kind) ? MOST_PLAYLIST_BYTES : MOST_MEDIA_BYTES;
    const flight: SharedFlight = {
      asked: { target, gzip, mayBlock, mostBytes },
      waiters: new Set(),
      answered: (answer) => {
        const reply = upstreamReply(kind, answer, this.#now);
        if (!reply) return flight.refused('unusable');
        if (answer.status === 200) this.#cache.put(key, reply, lifetimeMs(answer.headers['cache-control']));
        this.#land(key, entry, flight, reply);
      },
      refused: (problem) => {
        this.#metrics.failed(problem);
        this.#land(key, entry, flight, problemOf(problem, id));
        if (problem !== 'unknown') return;
        this.#unknown.add(id);
        if (entry.flights.size === 0) this.#streams.delete(id);
      },
    };
    entry.flights.set(key, flight);
    return flight;
  }

  /** The answer is there: everybody gets the same. */
  #land(key: string, entry: StreamEntry, flight: SharedFlight, reply: Reply): void {
    entry.flights.delete(key);
    entry.waiters -= flight.waiters.size;
    this.#waiters -= flight.waiters.size;
    const { waiters } = flight;
    for (const exchange of waiters) {
      waiters.delete(exchange);
      this.#answer(exchange, reply);
    }
  }

  /** A client went away. Nobody asks a transcoder for what nobody waits for. */
  #leave(exchange: Exchange, key: string, entry: StreamEntry, flight: SharedFlight): void {
    if (!flight.waiters.delete(exchange)) return;
    entry.waiters -= 1;
    this.#waiters -= 1;
    if (flight.waiters.size > 0) return;
    entry.flights.delete(key);
    entry.upstream.drop(flight);
  }

  #answer(exchange: Exchange, reply: Reply): void {
    const { range } = exchange;
    const type = range === undefined || reply.status !== 200 ? undefined : mediaType(reply);
    const sent = range === undefined || type === undefined ? reply : rangeReply(reply, type, range);
    this.#metrics.sent(sent.byteLength);
    exchange.reply(sent);
  }

  #refuse(exchange: Exchange, status: number, sentence: string, more: Parameters<typeof problemReply>[2] = []): void {
    this.#metrics.request('refused');
    this.#answer(exchange, problemReply(status, sentence, more));
  }

  /** `undefined` where too many are asked for that nobody knows. */
  #entry(id: string, stream: StreamRef): StreamEntry | undefined {
    let entry = this.#streams.get(id);
    if (!entry) {
      const looked = this.#sum(({ upstream }) => (upstream.size > 0 && !upstream.known ? 1 : 0));
      if (looked >= this.#limits.unknownStreams) return undefined;
      const upstream = new UpstreamStream({
        address: this.#options.addressOf(stream),
        connections: this.#connections,
        now: this.#now,
        random: Math.random,
        holdMs: this.#limits.holdMs,
        called: () => this.#metrics.upstream(),
      });
      entry = { upstream, flights: new Map(), waiters: 0, usedMs: 0 };
      this.#streams.set(id, entry);
    }
    entry.usedMs = this.#now();
    return entry;
  }

  #sum(of: (entry: StreamEntry) => number): number {
    let sum = 0;
    for (const entry of this.#streams.values()) sum += of(entry);
    return sum;
  }

  #forgetUnused(): void {
    for (const [id, { upstream, usedMs }] of this.#streams) {
      if (upstream.size === 0 && this.#now() - usedMs > FORGET_MS) this.#streams.delete(id);
    }
  }
}

/** Of media, which can be read in parts. */
function mediaType({ fields }: Reply): string | undefined {
  if (!fields.some(([name]) => name === 'Accept-Ranges')) return undefined;
  return fields.find(([name]) => name === 'Content-Type')?.[1];
}

function problemOf(problem: UpstreamProblem, id: string): Reply {
  switch (problem) {
    case 'unknown':
      return problemReply(404, `There is no stream named ${id}.`);
    case 'unreachable':
      return problemReply(503, `The transcoder of ${id} cannot be reached at the moment: ask again.`, RETRY_AFTER);
    case 'overloaded':
      return problemReply(503, OVERLOADED, RETRY_AFTER);
    case 'unusable':
      return problemReply(502, `The transcoder of ${id} sent what cannot be passed on.`);
  }
}
