import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { streamId, type StreamRef } from '@showrunner/service-kit';
import type { IngestConfig } from '../config.ts';
import type { IngestMetrics } from '../metrics.ts';
import type { Shows } from '../shows/shows.ts';
import { FlvFollower } from './flv-follower.ts';
import { FlvReader } from './flv-reader.ts';
import { FlvWriter } from './flv-writer.ts';
import { showsToken } from './token.ts';

const PREFIX = '/flv/';
const LABEL = '([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)';
const ROUTE = new RegExp(`^/flv/${LABEL}/${LABEL}(\\.flv|/facts)$`);

/** How often those who follow a stream hear that the link lives, where they hear nothing else. */
const BEAT_MS = 1_000;

export interface FlvOutputContext {
  readonly config: IngestConfig;
  readonly shows: Shows;
  readonly metrics: IngestMetrics;
  readonly token: string;
}

/**
 * `GET /flv/{namespace}/{name}.flv`: the running show as HTTP-FLV from the next keyframe on, through reconnects, until it
 * ends; with `?follow` through all its shows, and the time between them, with marks (see FlvFollower), and with `&replay` from
 * the last keyframe on.
 * `GET /flv/{namespace}/{name}/facts`: what is measured of it, as JSON. Both want the token.
 */
export class FlvOutput {
  readonly #context: FlvOutputContext;
  readonly #open = new Map<ServerResponse, FlvWriter>();
  readonly #followers = new Set<FlvFollower>();
  readonly #instance = randomUUID();
  #beat: NodeJS.Timeout | undefined;
  #isLeaving = false;

  constructor(context: FlvOutputContext) {
    this.#context = context;
  }

  /** Answers requests below `/flv/`; `false` for all others, which are left alone. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const target = request.url ?? '';
    if (!target.startsWith(PREFIX)) return false;
    const queryAt = target.indexOf('?');
    const path = queryAt < 0 ? target : target.slice(0, queryAt);
    const query = new URLSearchParams(queryAt < 0 ? '' : target.slice(queryAt));

    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      refuse(response, 405, 'Only GET and HEAD are answered here.');
    } else if (!showsToken(request, query, this.#context.token)) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      refuse(
        response,
        401,
        'The token is missing or wrong: send it as "Authorization: Bearer TOKEN" or as ?token=TOKEN.',
      );
    } else this.#route(path, query, request, response);
    return true;
  }

  /**
   * From now on nobody else may follow while somebody does: a transcoder that is to go on elsewhere would take viewers from the
   * one that has the show until this process ends. Where that one is gone, another may.
   */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Ends every response that is still open. */
  close(): void {
    for (const writer of this.#open.values()) writer.end();
  }

  #route(path: string, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const [, namespace, name, what] = ROUTE.exec(path) ?? [];
    if (namespace === undefined || name === undefined) {
      refuse(response, 404, 'There is nothing here: ask for /flv/NAMESPACE/NAME.flv or /flv/NAMESPACE/NAME/facts.');
      return;
    }
    const stream = { namespace, name };
    if (what === '/facts') this.#sendFacts(stream, response);
    else if (query.has('follow')) this.#follow(stream, query, request, response);
    else this.#sendFlv(stream, request, response);
  }

  #sendFacts(stream: StreamRef, response: ServerResponse): void {
    const facts = this.#context.shows.facts(stream);
    if (!facts) {
      refuse(response, 404, `Nobody publishes ${streamId(stream)} at the moment.`);
      return;
    }
    const body = JSON.stringify(facts);
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
    });
    response.end(body);
  }

  #sendFlv(stream: StreamRef, request: IncomingMessage, response: ServerResponse): void {
    const { shows } = this.#context;
    const state = shows.state(stream);
    if (state === 'reconnecting') {
      // A reader that came now would hear of the next publisher, but not of the end where none comes.
      response.setHeader('Retry-After', '1');
      refuse(response, 503, `The publisher of ${streamId(stream)} dropped and may come back: ask again.`);
      return;
    }
    if (state !== 'live') {
      refuse(response, 404, `No show of ${streamId(stream)} is on at the moment.`);
      return;
    }
    const writer = this.#begin(request, response);
    if (!writer) return;
    const subscription = shows.subscribe(stream, new FlvReader(writer));
    response.on('close', () => subscription.close());
  }

  #follow(stream: StreamRef, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const { shows } = this.#context;
    if (this.#isLeaving && this.#followers.size > 0) {
      refuse(
        response,
        503,
        'This ingest is about to end, and somebody follows its last show: ask again for the next one.',
      );
      return;
    }
    const writer = this.#begin(request, response);
    if (!writer) return;
    const follower = new FlvFollower(writer, () => shows.state(stream), this.#instance);
    const subscription = shows.subscribe(stream, follower, { replay: query.has('replay') });
    this.#followers.add(follower);
    this.#beat ??= setInterval(() => this.#followers.forEach((each) => each.beat()), BEAT_MS);
    response.on('close', () => {
      subscription.close();
      this.#followers.delete(follower);
      if (this.#followers.size > 0) return;
      clearInterval(this.#beat);
      this.#beat = undefined;
    });
  }

  /** `undefined` where there is nothing to write: a HEAD, or one reader too many. */
  #begin(request: IncomingMessage, response: ServerResponse): FlvWriter | undefined {
    const { config, metrics } = this.#context;
    if (this.#open.size >= config.flvReaders) {
      refuse(response, 503, `${config.flvReaders} readers are connected already; more are not served.`);
      return undefined;
    }
    // Chunked, so that a reader can tell the show's end from a lost connection.
    response.writeHead(200, { 'Content-Type': 'video/x-flv', 'Cache-Control': 'no-store' });
    if (request.method === 'HEAD') {
      response.end();
      return undefined;
    }
    response.flushHeaders();
    const writer = new FlvWriter(response, config.flvQueueBytes, () => metrics.flvReadersDropped.inc());
    this.#open.set(response, writer);
    metrics.flvReaders.set(this.#open.size);
    response.on('close', () => {
      this.#open.delete(response);
      metrics.flvReaders.set(this.#open.size);
    });
    return writer;
  }
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  const body = `${sentence}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
