import { streamId, type StreamRef } from '@showrunner/service-kit';
import type { Wanted } from '../origin/blocking-reload.ts';
import { acceptsGzip, type Exchange } from '../origin/exchange.ts';
import { HLS_PREFIX } from '../origin/path.ts';
import { preflightReply, problemReply, rangeReply } from '../origin/replies.ts';
import type { Reply } from '../origin/reply.ts';
import { isPlaylist, mayBlock, readUrl, withoutWaiting, type Asked } from './asked.ts';
import type { EdgeMetrics } from './edge-metrics.ts';
import { ByteBudget } from './byte-budget.ts';
import { Guesses } from './guesses.ts';
import { Looks, type Look, type LookLimits } from './looks.ts';
import { compareWanted, isListed, isNext } from './newest-listed.ts';
import { MOST_STREAMS, shareCache } from './most-memory.ts';
import { ReplyCache } from './reply-cache.ts';
import { SeenPlaylists } from './seen-playlists.ts';
import { UpstreamConnections, type Address, type UpstreamPatience } from './upstream-call.ts';
import { upstreamReply, type SharedReply } from './upstream-reply.ts';
import { UpstreamStream, type Flight, type UpstreamProblem } from './upstream-stream.ts';

export interface EdgeOptions {
  /** Where the transcoder of a stream listens. */
  readonly addressOf: (stream: StreamRef) => Address;
  /** The namespaces whose streams are served; all where it is empty. */
  readonly namespaces: readonly string[];
  /** Of answers that are kept, and of the playlists by which is known what there is. */
  readonly cacheBytes: number;
  readonly metrics: EdgeMetrics;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
  readonly limits?: Partial<EdgeLimits>;
}

export interface EdgeLimits extends UpstreamPatience, LookLimits {
  /** How long a transcoder may be away before viewers hear of it, in milliseconds. */
  readonly holdMs: number;
  /** Viewers that may wait at a time, of whom nine tenths may wait for one stream. */
  readonly waiters: number;
  /** Different things that may be asked of one transcoder at a time. */
  readonly flightsPerStream: number;
  /** Of those, what will not come next: the furthest make room for nearer ones. */
  readonly farFlightsPerStream: number;
  /** Of those, what no playlist lists: at a time, and in a second. */
  readonly guessesPerStream: number;
  /** A stream that nobody asked for in so long is let go of, in milliseconds. */
  readonly unusedMs: number;
  /** Streams that are remembered. */
  readonly streams: number;
  /** Bytes of answers that may be on their way from all transcoders at a time. */
  readonly inFlightBytes: number;
}

const MIB = 1024 * 1024;
/** Of all who may wait: a stream whose transcoder is away, or a crowd before it, leaves room for the others. */
const STREAM_SHARE = 0.9;
const LIMITS: EdgeLimits = {
  holdMs: 8_000,
  waiters: 50_000,
  flightsPerStream: 256,
  farFlightsPerStream: 32,
  guessesPerStream: 64,
  unknownStreams: 64,
  // An edge that begins has all its streams to find.
  lookups: { perSecond: 50, burst: 500 },
  unusedMs: 60_000,
  streams: MOST_STREAMS,
  inFlightBytes: 128 * MIB,
  connectMs: 5_000,
  answerMs: 10_000,
  heldAnswerMs: 45_000,
  bodyMs: 10_000,
};
/** Far above what a playlist of a full window has. */
const MOST_PLAYLIST_BYTES = MIB;
/** A segment is at most a quarter of what a transcoder keeps of a rendition. */
const MOST_MEDIA_BYTES = 64 * MIB;
const TOO_MANY_WAIT = 'Too many requests wait here: ask again.';
const RETRY_AFTER = [['Retry-After', '1']] as const;

/** One question for all who ask it, and who they are. */
interface SharedFlight extends Flight {
  readonly waiters: Set<Exchange>;
  /** What it waits for, where that does not come next. */
  readonly far: Wanted | undefined;
  /** Whether nobody knows that there is such a thing. */
  readonly isGuess: boolean;
}

interface StreamEntry extends Look {
  readonly upstream: UpstreamStream;
  readonly flights: Map<string, SharedFlight>;
  readonly playlists: SeenPlaylists;
  readonly guesses: Guesses;
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
  readonly #playlists: ByteBudget;
  readonly #connections: UpstreamConnections;
  readonly #streams = new Map<string, StreamEntry>();
  readonly #looks: Looks<StreamEntry>;
  readonly #sweep: NodeJS.Timeout;
  #waiters = 0;

  constructor(options: EdgeOptions) {
    const { now = () => performance.now() } = options;
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#metrics = options.metrics;
    this.#now = now;
    const { answers, playlists } = shareCache(options.cacheBytes);
    this.#cache = new ReplyCache(answers, now);
    this.#playlists = new ByteBudget(playlists);
    this.#connections = new UpstreamConnections(this.#limits.inFlightBytes, this.#limits);
    this.#looks = new Looks(this.#limits, now);
    this.#sweep = setInterval(() => this.#forgetUnused(), this.#limits.unusedMs / 4).unref();
    options.metrics.observe({
      cacheBytes: () => this.#cache.bytes,
      cacheEntries: () => this.#cache.size,
      waiting: () => this.#waiters,
      held: () => this.#all().reduce((sum, { upstream }) => sum + upstream.held, 0),
      streams: () => this.#all().length,
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
    for (const { upstream } of this.#all()) upstream.close();
    this.#connections.close();
  }

  #read(exchange: Exchange, url: string): void {
    const read = readUrl(url);
    if ('problem' in read) return this.#refuse(exchange, read.problem.status, read.problem.sentence);
    if (!this.#serves(read.stream)) {
      return this.#refuse(exchange, 404, `There is no stream named ${streamId(read.stream)}.`);
    }
    const asked = this.#isListed(read) ? withoutWaiting(read) : read;
    const kept = this.#cache.get(asked.target);
    if (kept) {
      this.#metrics.request('hit');
      return this.#share(exchange, kept);
    }
    this.#wait(exchange, asked);
  }

  /** There is nothing to wait for: any number of such URLs are one question. */
  #isListed({ stream, awaits }: Asked): boolean {
    const newest = awaits && this.#streams.get(streamId(stream))?.playlists.newest(awaits.plainTarget);
    return newest !== undefined && isListed(newest, awaits!);
  }

  #serves({ namespace }: StreamRef): boolean {
    const { namespaces } = this.#options;
    return namespaces.length === 0 || namespaces.includes(namespace);
  }

  #wait(exchange: Exchange, asked: Asked): void {
    const id = streamId(asked.stream);
    if (this.#looks.isUnknown(id)) return this.#refuse(exchange, 404, `There is no stream named ${id}.`);
    const { waiters } = this.#limits;
    const entry = this.#waiters < waiters ? this.#entry(id, asked.stream) : undefined;
    const known = entry?.flights.get(asked.target);
    const flight =
      entry && entry.waiters < Math.floor(waiters * STREAM_SHARE) ? (known ?? this.#begin(entry, asked)) : undefined;
    if (!entry || !flight) return this.#refuse(exchange, 503, TOO_MANY_WAIT, RETRY_AFTER);
    this.#metrics.request(known ? 'coalesced' : 'upstream');
    this.#waiters += 1;
    entry.waiters += 1;
    flight.waiters.add(exchange);
    exchange.onGone(() => this.#leave(exchange, entry, flight));
    if (!known) entry.upstream.ask(flight);
  }

  /** Another question to the transcoder; `undefined` where there is no room for it. */
  #begin(entry: StreamEntry, asked: Asked): SharedFlight | undefined {
    if (entry.flights.size >= this.#limits.flightsPerStream) return undefined;
    const isGuess = !entry.playlists.lists(asked);
    if (isGuess && !entry.guesses.hasRoom) return undefined;
    const far = farAhead(entry, asked);
    if (far && !this.#hasRoomAhead(entry, far)) return undefined;
    const flight = this.#flight(entry, asked, { far, isGuess });
    if (isGuess) entry.guesses.began();
    entry.flights.set(asked.target, flight);
    return flight;
  }

  /** Whoever asks far ahead waits long, so the furthest gives way. */
  #hasRoomAhead(entry: StreamEntry, wanted: Wanted): boolean {
    const { farFlightsPerStream } = this.#limits;
    const far = [...entry.flights.values()].filter((flight) => flight.far !== undefined);
    if (far.length < farFlightsPerStream) return true;
    const furthest = far.reduce((a, b) => (compareWanted(a.far!, b.far!) > 0 ? a : b));
    if (compareWanted(furthest.far!, wanted) <= 0) return false;
    this.#giveUp(entry, furthest, problemReply(503, TOO_MANY_WAIT, RETRY_AFTER));
    return true;
  }

  #flight(entry: StreamEntry, asked: Asked, rank: Pick<SharedFlight, 'far' | 'isGuess'>): SharedFlight {
    const { id } = entry;
    const { target, kind } = asked;
    const mostBytes = isPlaylist(kind) ? MOST_PLAYLIST_BYTES : MOST_MEDIA_BYTES;
    const flight: SharedFlight = {
      asked: { target, mayBlock: mayBlock(kind), mostBytes },
      waiters: new Set(),
      ...rank,
      answered: (answer) => {
        const reply = upstreamReply(kind, answer, this.#now);
        if (!reply) return flight.refused('unusable');
        if (answer.status === 200) this.#keep(entry, asked, reply, answer.body);
        this.#land(entry, flight, reply);
      },
      refused: (problem) => {
        this.#metrics.failed(problem);
        this.#land(entry, flight, { plain: problemOf(problem, id) });
        if (problem !== 'unknown') return;
        this.#looks.isNone(id);
        if (entry.flights.size === 0) this.#forget(entry);
      },
    };
    return flight;
  }

  /** A playlist that was waited for is from now on the one that is there, and kept as nothing else. */
  #keep({ playlists }: StreamEntry, asked: Asked, reply: SharedReply, body: Buffer): void {
    const { target } = withoutWaiting(asked);
    if (isPlaylist(asked.kind)) playlists.read(target, body);
    if (!asked.awaits || playlists.newest(target)) this.#cache.put(target, reply);
  }

  #giveUp(entry: StreamEntry, flight: SharedFlight, reply: Reply): void {
    entry.upstream.drop(flight);
    this.#land(entry, flight, { plain: reply });
  }

  /** The answer is there: everybody gets the same. */
  #land(entry: StreamEntry, flight: SharedFlight, reply: Pick<SharedReply, 'plain' | 'gzip'>): void {
    this.#remove(entry, flight);
    if (entry.flights.size === 0) this.#looks.end(entry.id);
    entry.waiters -= flight.waiters.size;
    this.#waiters -= flight.waiters.size;
    const { waiters } = flight;
    for (const exchange of waiters) {
      waiters.delete(exchange);
      this.#share(exchange, reply);
    }
  }

  /** A client went away. Nobody asks a transcoder for what nobody waits for. */
  #leave(exchange: Exchange, entry: StreamEntry, flight: SharedFlight): void {
    if (!flight.waiters.delete(exchange)) return;
    entry.waiters -= 1;
    this.#waiters -= 1;
    if (flight.waiters.size > 0) return;
    this.#remove(entry, flight);
    if (entry.flights.size === 0) this.#looks.leave(entry.id);
    entry.upstream.drop(flight);
  }

  #remove({ flights, guesses }: StreamEntry, flight: SharedFlight): void {
    flights.delete(flight.asked.target);
    if (flight.isGuess) guesses.ended();
  }

  #share(exchange: Exchange, reply: Pick<SharedReply, 'plain' | 'gzip'>): void {
    this.#answer(exchange, reply.gzip && acceptsGzip(exchange) ? reply.gzip() : reply.plain);
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

  /** `undefined` where there is no room for another. */
  #entry(id: string, stream: StreamRef): StreamEntry | undefined {
    const entry = this.#streams.get(id) ?? this.#looks.get(id) ?? this.#lookFor(id, stream);
    if (entry) entry.usedMs = this.#now();
    return entry;
  }

  #lookFor(id: string, stream: StreamRef): StreamEntry | undefined {
    if (this.#streams.size >= this.#limits.streams || !this.#mayLookFor(id)) return undefined;
    const upstream = new UpstreamStream({
      transcoder: this.#connections.to(this.#options.addressOf(stream)),
      now: this.#now,
      random: Math.random,
      holdMs: this.#limits.holdMs,
      called: () => this.#metrics.upstream(),
      reached: () => {
        if (this.#looks.reached(id)) this.#streams.set(id, entry);
      },
    });
    const entry: StreamEntry = {
      id,
      sinceMs: this.#now(),
      upstream,
      flights: new Map(),
      playlists: new SeenPlaylists(this.#playlists),
      guesses: new Guesses(this.#limits.guessesPerStream, this.#now),
      waiters: 0,
      usedMs: 0,
    };
    this.#looks.begin(entry);
    return entry;
  }

  #mayLookFor(id: string): boolean {
    const { admitted, insteadOf } = this.#looks.admit(id);
    if (!admitted) this.#metrics.notLookedUp();
    else if (insteadOf) this.#giveUpAll(insteadOf);
    return admitted;
  }

  #giveUpAll(entry: StreamEntry): void {
    for (const flight of entry.flights.values()) {
      this.#metrics.failed('unreachable');
      this.#giveUp(entry, flight, problemOf('unreachable', entry.id));
    }
  }

  #all(): StreamEntry[] {
    return [...this.#streams.values(), ...this.#looks.all];
  }

  #forgetUnused(): void {
    for (const entry of this.#streams.values()) {
      if (entry.upstream.size > 0 || this.#now() - entry.usedMs <= this.#limits.unusedMs) continue;
      this.#forget(entry);
      this.#looks.letGo(entry.id);
    }
  }

  #forget({ id, playlists }: StreamEntry): void {
    playlists.forget();
    this.#streams.delete(id);
  }
}

/** What is waited for, unless that comes next. */
function farAhead({ playlists }: StreamEntry, { awaits }: Asked): Wanted | undefined {
  const known = awaits && playlists.newest(awaits.plainTarget);
  return known && isNext(known, awaits) ? undefined : awaits;
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
      return problemReply(503, 'Too many bytes are on their way from transcoders: ask again.', RETRY_AFTER);
    case 'unusable':
      return problemReply(502, `The transcoder of ${id} sent what cannot be passed on.`);
  }
}
