import type { Socket } from 'node:net';
import type { ReadBeat } from '../rtmp/read-beat.ts';
import { Flow } from './flow.ts';

/**
 * How a splice ended: `said-goodbye` where the ingest closed behind a word to the client, or behind the client's own end, so
 * that the word must not be lost; `broken` where there is nothing to say.
 */
export type SpliceEnd = 'said-goodbye' | 'broken';

export interface SpliceOptions {
  readonly client: Socket;
  readonly ingest: Socket;
  /** Reads the clients of all splices. */
  readonly beat: ReadBeat;
  readonly metrics: { passed(direction: 'in' | 'out', bytes: number): void };
  readonly now: () => number;
  /** The ingest's side has ended. Called once, and not after `close`. */
  readonly onEnd: (end: SpliceEnd) => void;
}

/** A side that takes nothing for this long is dead. */
const STALL_MS = 10_000;
/** A word to the client that is younger than this may still be on its way. */
const LAST_WORD_MS = 1_000;
/** For the other side to end too. */
const FAREWELL_MS = 2_000;

/**
 * Passes bytes between a client and its ingest, both ways, and reads none of them. Where one side is slow the other is not
 * read, so that no more waits here than one read; where one side ends its half, the other hears of it.
 */
export class Splice {
  readonly #options: SpliceOptions;
  readonly #toIngest: Flow;
  readonly #toClient: Flow;
  #leaveBeat: (() => void) | undefined;
  #lastWord = -Infinity;
  #clientEnded = Infinity;
  #isOver = false;

  constructor(options: SpliceOptions) {
    const { client, ingest, now } = options;
    this.#options = options;
    this.#toIngest = new Flow(ingest, () => this.#readClient(), now);
    this.#toClient = new Flow(client, () => void ingest.resume(), now);
  }

  /** Passes on what each side has sent already, and from then on all that comes. */
  begin(fromClient: Buffer, fromIngest: Buffer): void {
    const { client, ingest, now } = this.#options;
    if (ingest.destroyed) {
      this.#ended('broken');
      return;
    }
    client.allowHalfOpen = true;
    client.on('end', () => {
      this.#clientEnded = now();
      ingest.end();
    });
    ingest.on('data', (bytes: Buffer) => {
      if (!this.#fromIngest(bytes)) ingest.pause();
    });
    ingest.on('end', () => this.#ended(this.#isGoodbye() ? 'said-goodbye' : 'broken'));
    ingest.on('close', () => this.#ended('broken'));
    if (fromIngest.length === 0 || this.#fromIngest(fromIngest)) ingest.resume();
    if (fromClient.length === 0 || this.fromClient(fromClient, fromClient.length)) this.#readClient();
  }

  /** Bytes that are the callee's only during the call. `false` where nothing more is to be read for now. */
  fromClient(bytes: Buffer, length: number): boolean {
    this.#options.metrics.passed('in', length);
    if (this.#toIngest.write(bytes, length)) return true;
    this.#leaveBeat?.();
    this.#leaveBeat = undefined;
    this.#options.client.pause();
    return false;
  }

  /** To be called a few times a second. */
  sweep(now: number): void {
    const isStalled = this.#toIngest.stalledMs(now) > STALL_MS || this.#toClient.stalledMs(now) > STALL_MS;
    if (isStalled || now - this.#clientEnded > FAREWELL_MS) this.#ended('broken');
  }

  /** Lets the ingest know, by the end of the stream, that the client has gone; reads the client no more. Idempotent. */
  close(): void {
    this.#isOver = true;
    this.#leaveBeat?.();
    this.#leaveBeat = undefined;
    const { ingest } = this.#options;
    if (ingest.destroyed) return;
    ingest.end();
    // What it still says nobody hears, but its end must be.
    ingest.resume();
    const timer = setTimeout(() => ingest.destroy(), FAREWELL_MS);
    ingest.once('close', () => clearTimeout(timer));
  }

  #fromIngest(bytes: Buffer): boolean {
    this.#lastWord = this.#options.now();
    this.#options.metrics.passed('out', bytes.length);
    return this.#toClient.write(bytes, bytes.length);
  }

  #readClient(): void {
    const { client, beat } = this.#options;
    if (this.#isOver || client.destroyed) return;
    this.#leaveBeat = beat.join(client, (bytes, length) => void this.fromClient(bytes, length));
  }

  #isGoodbye(): boolean {
    return this.#clientEnded !== Infinity || this.#options.now() - this.#lastWord < LAST_WORD_MS;
  }

  #ended(end: SpliceEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onEnd(end);
  }
}
