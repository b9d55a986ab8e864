import { randomBytes } from 'node:crypto';
import { decodeAmf0Cmd } from 'node-media-server/src/protocol/amf.js';
import { refusalSaid, type Refusal } from '../errors.ts';
import { amfProblem, amfString, withoutEcmaArrays } from '../rtmp/amf-guard.ts';
import { ChunkReader } from '../rtmp/chunk-reader.ts';
import { COMMAND } from '../rtmp/message-type.ts';
import { HANDSHAKE_BYTES, HANDSHAKE_PART_BYTES, VERSION, type CreatedStream } from '../rtmp/protocol.ts';

export type DialogueResult =
  /** It publishes. `rest` has come behind that; what comes from now on is in chunks of `chunkBytes`. */
  | { readonly kind: 'started'; readonly rest: Buffer; readonly chunkBytes: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** It cannot be gone on with, in a sentence. */
  | { readonly kind: 'broken'; readonly problem: string };

const KIB = 1024;
const LIMITS = { mediaBytes: 64 * KIB, otherBytes: 64 * KIB, unfinishedBytes: 128 * KIB, chunkStreams: 32 };
/** Answers to eight streams and twenty other commands are not a tenth of it. */
const MAX_ANSWER_BYTES = 64 * KIB;
const ANSWERS = new Set(['_result', '_error', 'onStatus']);
const PUBLISH_START = 'NetStream.Publish.Start';

/**
 * The client's side of an RTMP connection to an ingest that is told what a client has told us already: shakes hands, sends
 * the client's bytes, and swallows the answers that the client has had from us, up to the one to its publish. What the client
 * sends from then on the ingest reads as if it had spoken with it from the start.
 *
 * That holds the other way too where each message of the ingest has a whole header (type 0), as those of both engines have:
 * headers that refer to an earlier message would refer to one that the client was never sent.
 */
export class IngestDialogue {
  readonly #record: Buffer;
  readonly #created: readonly CreatedStream[];
  readonly #send: (bytes: Buffer) => void;
  readonly #reader: ChunkReader;
  #greeting = Buffer.alloc(0);
  #hasAnswered = false;
  #answerBytes = 0;
  #result: DialogueResult | undefined;

  /** `created` are the message streams that the client was given by us. */
  constructor(record: Buffer, created: readonly CreatedStream[], send: (bytes: Buffer) => void) {
    this.#record = record;
    this.#created = created;
    this.#send = send;
    this.#reader = new ChunkReader(LIMITS, (type, _timestamp, _streamId, payload) => {
      if (type === COMMAND) this.#command(payload);
      return this.#result === undefined;
    });
  }

  /** The simple handshake (RTMP 1.0 section 5.2): time and zero, then anything. */
  begin(): void {
    const hello = Buffer.alloc(1 + HANDSHAKE_PART_BYTES);
    hello[0] = VERSION;
    randomBytes(HANDSHAKE_PART_BYTES - 8).copy(hello, 9);
    this.#send(hello);
  }

  /** What the ingest says; answers how it ended, once it has. */
  read(bytes: Buffer): DialogueResult | undefined {
    const wasTold = this.#hasAnswered;
    let start = 0;
    if (this.#greeting.length < HANDSHAKE_BYTES) {
      start = Math.min(bytes.length, HANDSHAKE_BYTES - this.#greeting.length);
      this.#greeting = Buffer.concat([this.#greeting, bytes.subarray(0, start)]);
      if (this.#greeting[0] !== VERSION) return { kind: 'broken', problem: 'The ingest does not speak RTMP.' };
      if (!this.#hasAnswered && this.#greeting.length > HANDSHAKE_PART_BYTES) {
        this.#hasAnswered = true;
        this.#send(Buffer.concat([this.#greeting.subarray(1, 1 + HANDSHAKE_PART_BYTES), this.#record]));
      }
      if (start === bytes.length) return undefined;
    }
    this.#answerBytes += bytes.length - start;
    const end = this.#reader.read(bytes, start, bytes.length);
    const { fault, chunkSize } = this.#reader;
    if (this.#result?.kind === 'started' && !wasTold) {
      this.#result = { kind: 'broken', problem: 'The ingest says start before it was told of the stream.' };
    }
    if (this.#result?.kind === 'started') {
      return { kind: 'started', rest: Buffer.from(bytes.subarray(end)), chunkBytes: chunkSize };
    }
    if (fault) this.#result ??= { kind: 'broken', problem: `The ingest: ${fault.sentence}` };
    if (this.#answerBytes > MAX_ANSWER_BYTES) {
      this.#result ??= { kind: 'broken', problem: `The ingest sent ${MAX_ANSWER_BYTES} bytes and no answer.` };
    }
    return this.#result;
  }

  #command(payload: Buffer): void {
    const name = amfString(payload, 0);
    if (name === undefined || !ANSWERS.has(name) || amfProblem(payload)) return;
    let answer: Record<string, unknown>;
    try {
      answer = decodeAmf0Cmd(withoutEcmaArrays(payload));
    } catch {
      this.#result = { kind: 'broken', problem: `The answer ${name} of the ingest cannot be decoded.` };
      return;
    }
    if (name === '_result') this.#compare(answer);
    else this.#status(name, answer.info);
  }

  /** Its messages would go astray on a stream of another number than the client knows. */
  #compare({ transId, info }: Record<string, unknown>): void {
    const stream = this.#created.find(({ transaction }) => transaction === transId);
    if (!stream || typeof info !== 'number' || info === stream.id) return;
    const problem = `The ingest created message stream ${info} where the publisher was given ${stream.id}.`;
    this.#result = { kind: 'broken', problem };
  }

  #status(name: string, info: unknown): void {
    const { code, level, description } = (info ?? {}) as Record<string, unknown>;
    if (code === PUBLISH_START) this.#result = { kind: 'started', rest: Buffer.alloc(0), chunkBytes: 0 };
    else if (level === 'error' || name === '_error') {
      this.#result = { kind: 'refused', refusal: refusalSaid(text(code), text(description)) };
    }
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
