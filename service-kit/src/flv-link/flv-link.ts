import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { FlvStreamParser } from '../flv/stream-parser.ts';
import type { Logger } from '../logger.ts';
import { FLV_SCRIPT, type FlvSink, type FlvTag } from '../seams/flv-source.ts';
import { decodeLinkMark, isLinkMark } from './link-mark.ts';
import { LinkedShow, type LinkState } from './linked-show.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

export interface FlvLinkOptions {
  readonly url: URL;
  /** The sink wants to be replayed what it came too late for. */
  readonly replay: boolean;
  readonly token: () => string;
  readonly sink: FlvSink;
  readonly graceMs: () => number;
  readonly logger: Logger;
}

/** A link that says nothing for this long is half-dead: the other end speaks every second. */
const SILENCE_MS = 4_000;
const TICK_MS = 250;
/** The longest message that ingest can be told to take. */
const MOST_TAG_BYTES = 16 * 1024 * 1024 - 1;

/** The connection of one sink to the ingest of its stream, made anew as often as it breaks. */
export class FlvLink {
  readonly #options: FlvLinkOptions;
  readonly #show: LinkedShow;
  readonly #timer: NodeJS.Timeout;
  #request: ClientRequest | undefined;
  #retry: NodeJS.Timeout | undefined;
  #heardMs = 0;
  #tickedMs = now();
  /** Attempts since it last worked. */
  #attempts = 0;
  /** What was logged last, so that a link which stays broken is one line. */
  #problem: string | undefined;
  #closed = false;

  constructor(options: FlvLinkOptions) {
    this.#options = options;
    this.#show = new LinkedShow({
      sink: options.sink,
      graceMs: options.graceMs,
      failed: (error) => options.logger.error({ err: error }, 'a reader of the stream failed: the show ends for it'),
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#connect();
  }

  get state(): LinkState {
    return this.#show.state;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#show.close();
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    this.#request?.destroy();
  }

  #connect(): void {
    const { token, replay } = this.#options;
    const url = new URL(this.#options.url);
    if (replay && this.#show.takesReplay) url.searchParams.set('replay', '');
    this.#heardMs = now();
    // Without an agent: a connection of its own, which ends with it.
    const sent = request(url, { agent: false, headers: { authorization: `Bearer ${token()}` } });
    this.#request = sent;
    sent.once('response', (response) => this.#read(sent, response));
    sent.once('error', (error: NodeJS.ErrnoException) => this.#broken(sent, error.code ?? error.message));
    sent.once('close', () => this.#broken(sent, 'it was closed'));
    sent.end();
  }

  #read(sent: ClientRequest, response: IncomingMessage): void {
    if (response.statusCode !== 200) return this.#broken(sent, `the answer was ${response.statusCode}`);
    const parser = new FlvStreamParser(MOST_TAG_BYTES, (tag) => {
      if (this.#request === sent) this.#take(sent, tag);
    });
    response.on('data', (bytes: Buffer) => {
      if (this.#request !== sent) return;
      this.#heardMs = now();
      try {
        parser.push(bytes);
      } catch (error) {
        this.#broken(sent, (error as Error).message);
      }
    });
    response.once('end', () => this.#broken(sent, 'it was ended'));
    response.once('error', (error: NodeJS.ErrnoException) => this.#broken(sent, error.code ?? error.message));
  }

  #take(sent: ClientRequest, tag: FlvTag): void {
    if (tag.type !== FLV_SCRIPT || !isLinkMark(tag.payload)) return this.#show.tag(tag, now());
    const mark = decodeLinkMark(tag.payload);
    if (!mark) return this.#broken(sent, 'it says what is not known here');
    if (this.#attempts > 0 || this.#problem) this.#options.logger.info({ state: mark }, 'linked to ingest');
    this.#attempts = 0;
    this.#problem = undefined;
    this.#show.mark(mark, now());
  }

  /** This attempt is over; the next one follows after a while. */
  #broken(sent: ClientRequest, problem: string): void {
    if (this.#request !== sent) return;
    this.#request = undefined;
    sent.destroy();
    if (this.#closed) return;
    if (problem !== this.#problem) this.#options.logger.warn({ problem }, 'no link to ingest: trying again');
    this.#problem = problem;
    this.#show.lost(now());
    this.#retry = setTimeout(() => this.#connect(), reconnectDelayMs(this.#attempts++, Math.random()));
  }

  #tick(): void {
    const nowMs = now();
    // A process that was held up itself has not read yet what came meanwhile.
    const heldUp = nowMs - this.#tickedMs > 4 * TICK_MS;
    this.#tickedMs = nowMs;
    const sent = this.#request;
    if (sent && !heldUp && nowMs - this.#heardMs > SILENCE_MS) this.#broken(sent, 'it is silent');
    if (this.#show.tick(nowMs) && sent) this.#broken(sent, 'its reader failed and begins anew');
  }
}

function now(): number {
  return performance.now();
}
