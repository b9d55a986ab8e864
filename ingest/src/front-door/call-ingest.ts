import { connect, type Socket } from 'node:net';
import type { CreatedStream } from '../rtmp/protocol.ts';
import type { Refusal } from '../errors.ts';
import { IngestDialogue, type DialogueResult } from './ingest-dialogue.ts';

export interface IngestAddress {
  readonly host: string;
  readonly port: number;
}

export interface IngestCall {
  readonly address: IngestAddress;
  /** What the client has sent behind its handshake. */
  readonly record: Buffer;
  readonly created: readonly CreatedStream[];
  /** How long the connection may take, where that is less than all of the call. */
  readonly connectMs?: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type CallResult =
  /** The ingest takes the stream; its socket is paused (or broken by now), and `rest` was read from it already. */
  | { readonly kind: 'started'; readonly socket: Socket; readonly rest: Buffer; readonly chunkBytes: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'unreachable'; readonly problem: string };

/** Between probes of a connection on which nothing comes. */
export const KEEP_ALIVE_MS = 15_000;

/** Connects to an ingest and has it take the client's stream. Never rejects. */
export function callIngest(call: IngestCall): Promise<CallResult> {
  const { address, record, created, timeoutMs, connectMs = timeoutMs, signal } = call;
  return new Promise((resolve) => {
    const socket = connect({
      ...address,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      allowHalfOpen: true,
    });
    const dialogue = new IngestDialogue(record, created, (bytes) => void socket.write(bytes));

    const settle = (result: CallResult): void => {
      clearTimeout(timer);
      clearTimeout(connectTimer);
      signal.removeEventListener('abort', onAbort);
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
      if (result.kind === 'started') socket.pause();
      else socket.destroy();
      resolve(result);
    };
    const unreachable = (problem: string): void => settle({ kind: 'unreachable', problem });
    const onAbort = (): void => unreachable('The publisher has gone.');
    const onEnd = (): void => unreachable('The ingest hung up.');
    const onError = ({ code, message }: NodeJS.ErrnoException): void => unreachable(code ?? message);
    const onData = (bytes: Buffer): void => {
      const result: DialogueResult | undefined = dialogue.read(bytes);
      if (result?.kind === 'started') settle({ ...result, socket });
      else if (result?.kind === 'refused') settle(result);
      else if (result) unreachable(result.problem);
    };
    const timer = setTimeout(() => unreachable('The ingest does not answer.'), timeoutMs);
    const connectTimer = setTimeout(() => unreachable('The ingest cannot be reached.'), connectMs);
    socket.once('connect', () => clearTimeout(connectTimer));
    signal.addEventListener('abort', onAbort);
    // As long as the socket lives: an error that nobody listens for would end this process, and with it all other shows.
    socket.on('error', () => undefined);
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
    if (signal.aborted) onAbort();
    else dialogue.begin();
  });
}
