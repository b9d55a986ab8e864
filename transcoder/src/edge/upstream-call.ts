import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { BudgetShare, ByteBudget } from './byte-budget.ts';
import { ResponseBody } from './response-body.ts';

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

/** Exactly one of `answered` and `failed` is called, and none after the call was aborted. */
export interface UpstreamListener {
  /** The transcoder is there: a connection to it was made. */
  connected(): void;
  answered(answer: UpstreamAnswer): void;
  /**
   * @param code Of the system, or {@link SILENT}.
   * @param stale A kept connection had been closed meanwhile: another one may do at once.
   */
  failed(code: string, stale: boolean): void;
}

/** How long each step of a call may take, in milliseconds. */
export interface UpstreamPatience {
  readonly connectMs: number;
  /** Until the answer begins, where it is there at once. */
  readonly answerMs: number;
  /** The same where it may be held back: longer than any transcoder does, which is three target durations of ten seconds. */
  readonly heldAnswerMs: number;
  /** Until the answer is whole, once it began. */
  readonly bodyMs: number;
}

/** The transcoder took the request and said nothing, or not all of it, for as long as it may. */
export const SILENT = 'SILENT';

/** A connection that is not used for so long is closed. */
const UNUSED_MS = 10_000;

/** The way to one transcoder. */
export interface Upstream {
  /** @returns How to abort. */
  call(asked: UpstreamRequest, listener: UpstreamListener): () => void;
}

/**
 * The connections to all transcoders. Those on which answers are held back are apart from the others and as many as there are
 * questions, so that neither media nor what comes next waits behind them. A transcoder that is gone without a word while it holds an
 * answer back is found by TCP's own probes, which the agent turns on: 11 s after it was last heard of.
 */
export class UpstreamConnections {
  readonly #blocking = new Agent({ keepAlive: true, maxFreeSockets: 16, timeout: UNUSED_MS });
  readonly #prompt = new Agent({ keepAlive: true, maxSockets: 16, maxFreeSockets: 4, timeout: UNUSED_MS });
  readonly #budget: ByteBudget;
  readonly #patience: UpstreamPatience;

  /** @param inFlightBytes What the bodies of answers that are on their way may take together. */
  constructor(inFlightBytes: number, patience: UpstreamPatience) {
    this.#budget = new ByteBudget(inFlightBytes);
    this.#patience = patience;
  }

  to(address: Address): Upstream {
    const share = new BudgetShare(this.#budget);
    return { call: (asked, listener) => this.#call(address, share, asked, listener) };
  }

  close(): void {
    this.#blocking.destroy();
    this.#prompt.destroy();
  }

  #call({ host, port }: Address, share: BudgetShare, asked: UpstreamRequest, listener: UpstreamListener): () => void {
    const { connectMs, heldAnswerMs, bodyMs } = this.#patience;
    const answerMs = asked.mayBlock ? heldAnswerMs : this.#patience.answerMs;
    const agent = asked.mayBlock ? this.#blocking : this.#prompt;
    const sent = request({ host, port, path: asked.target, agent });
    const body = new ResponseBody(asked.mostBytes, share, () => fail('ENOBUFS'));
    let hasBegun = false;
    let settled = false;
    const settle = (tell: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(deadline);
      body.release();
      tell();
    };
    const fail = (code: string): void =>
      settle(() => {
        listener.failed(code, sent.reusedSocket && !hasBegun);
        sent.destroy();
      });
    let deadline = setTimeout(fail, answerMs, SILENT);
    const allow = (ms: number, code: string): void => {
      clearTimeout(deadline);
      if (!settled) deadline = setTimeout(fail, ms, code);
    };
    sent.once('socket', (socket) => {
      if (!socket.connecting) return;
      allow(connectMs, 'ETIMEDOUT');
      socket.once('connect', () => {
        if (settled) return;
        allow(answerMs, SILENT);
        listener.connected();
      });
    });
    sent.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'ERROR'));
    sent.once('response', (response) => {
      if (settled) return;
      hasBegun = true;
      allow(bodyMs, SILENT);
      listener.connected();
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
}

/** Reads the body. */
function collect(
  response: IncomingMessage,
  body: ResponseBody,
  fail: (code: string) => void,
  done: (whole: Buffer) => void,
): void {
  const told = response.headers['content-length'];
  const problem = told === undefined ? undefined : body.announce(Number(told));
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
