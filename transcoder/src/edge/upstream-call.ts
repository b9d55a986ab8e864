import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { ByteBudget, ResponseBody } from './response-body.ts';

/** Where a transcoder listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface UpstreamRequest {
  /** Path and query. */
  readonly target: string;
  /** The answer may be held back by the transcoder. */
  readonly mayBlock: boolean;
  /** Most bytes that the body of the answer may have. */
  readonly mostBytes: number;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Exactly one of `answered` and `failed` is called, and none after `abort`. */
export interface UpstreamListener {
  /** The transcoder is there: a connection to it was made. */
  connected(): void;
  answered(answer: UpstreamAnswer): void;
  /** @param stale A kept connection had been closed meanwhile: another one may do at once. */
  failed(code: string, stale: boolean): void;
}

/** Without a sign of life for this long the connection is taken for dead, and what is still held back is asked for again. */
const SILENCE_MS = 10_000;

/**
 * The connections to all transcoders. Those on which answers are held back are apart from the others and as many as there are
 * questions, so that neither media nor what comes next waits behind them.
 */
export class UpstreamConnections {
  readonly #blocking = new Agent({ keepAlive: true, maxFreeSockets: 16, timeout: SILENCE_MS });
  readonly #prompt = new Agent({ keepAlive: true, maxSockets: 16, maxFreeSockets: 4, timeout: SILENCE_MS });
  readonly #budget: ByteBudget;

  /** @param inFlightBytes What the bodies of answers that are on their way may take together. */
  constructor(inFlightBytes: number) {
    this.#budget = new ByteBudget(inFlightBytes);
  }

  /** There is no room for another answer. */
  get isFull(): boolean {
    return this.#budget.isSpent;
  }

  /** @returns How to abort. */
  call({ host, port }: Address, asked: UpstreamRequest, listener: UpstreamListener): () => void {
    const sent = request({
      host,
      port,
      path: asked.target,
      agent: asked.mayBlock ? this.#blocking : this.#prompt,
    });
    const body = new ResponseBody(asked.mostBytes, this.#budget);
    let settled = false;
    const settle = (tell: () => void): void => {
      if (settled) return;
      settled = true;
      body.release();
      tell();
    };
    const fail = (code: string): void =>
      settle(() => {
        listener.failed(code, sent.reusedSocket);
        sent.destroy();
      });
    sent.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => settled || listener.connected());
    });
    sent.once('timeout', () => fail('ETIMEDOUT'));
    sent.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'ERROR'));
    sent.once('response', (response) => {
      if (!settled) listener.connected();
      collect(response, body, fail, (whole) =>
        settle(() => listener.answered({ status: response.statusCode ?? 0, headers: response.headers, body: whole })),
      );
    });
    sent.end();
    return () =>
      settle(() => {
        sent.destroy();
      });
  }

  close(): void {
    this.#blocking.destroy();
    this.#prompt.destroy();
  }
}

/** Reads the body. */
function collect(
  response: IncomingMessage,
  body: ResponseBody,
  fail: (code: string) => void,
  done: (whole: Buffer) => void,
): void {
  const problem = body.reserve(Number(response.headers['content-length'] ?? 0));
  if (problem) return fail(problem);
  response.on('data', (chunk: Buffer) => {
    if (response.destroyed) return;
    const problem = body.add(chunk);
    if (problem) fail(problem);
  });
  response.once('end', () => done(body.whole()));
  // A body that breaks off is none: what was asked for can be asked again.
  response.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'ERROR'));
  response.once('close', () => {
    if (!response.complete) fail('ECONNRESET');
  });
}
