import { connect, type Socket } from 'node:net';
import { decodeAmf0Cmd } from 'node-media-server/src/protocol/amf.js';
import Rtmp from 'node-media-server/src/protocol/rtmp.js';
import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, type FlvTag } from '@showrunner/service-kit';
import { amfProblem, amfString, withoutEcmaArrays } from '../rtmp/amf-guard.ts';
import { ANNOUNCED_CHUNK_BYTES } from '../rtmp/announced-chunk-size.ts';
import { ChunkReader, type ChunkLimits } from '../rtmp/chunk-reader.ts';
import * as type from '../rtmp/message-type.ts';
import { scriptData } from '../rtmp/script-data.ts';
import { NGINX_APP } from './nginx-config.ts';

export interface PlayClientOptions {
  /** Unix socket that nginx's RTMP listens on. */
  readonly socketPath: string;
  /** The name that the stream has in nginx. */
  readonly streamName: string;
  readonly limits: ChunkLimits;
  readonly onMedia: (type: FlvTag['type'], timestamp: number, payload: Buffer) => void;
  /** The publisher has gone, or nginx has, or what it sends breaks a rule (then that is said). Not after `close`. */
  readonly onEnd: (problem: string | undefined) => void;
}

const VERSION = 3;
const HANDSHAKE_BYTES = 1536;
const HANDSHAKE_ANSWER_BYTES = 1 + 2 * HANDSHAKE_BYTES;
const READ_BYTES = 64 * 1024;
/** nginx is on this machine and answers from memory. */
const START_TIMEOUT_MS = 3_000;

const STREAM_EOF = 1;
const PING_REQUEST = 6;
const PING_RESPONSE = 7;

const CONNECT = 1;
const CREATE_STREAM = 2;
/** Data that nginx sends to players of its own accord. */
const NOTICES = new Set(['onStatus', '|RtmpSampleAccess']);
/** The commands whose decoding is asked for: amf.js prints every unknown one to the console. */
const DECODED_COMMANDS = new Set(['_result', '_error', 'onStatus']);

/**
 * Plays one stream from nginx, before its publisher is let in or later: RTMP 1.0's client side (handshake, connect,
 * createStream, play) with our chunk reader. Nothing is queued: what arrives is handed on.
 */
export class PlayClient {
  readonly #options: PlayClientOptions;
  readonly #encoder = new Rtmp();
  readonly #reader: ChunkReader;
  readonly #started = Promise.withResolvers<void>();
  readonly #handshake = Buffer.allocUnsafe(HANDSHAKE_ANSWER_BYTES);
  #handshakeBytes = 0;
  #socket: Socket | undefined;
  #over = false;

  constructor(options: PlayClientOptions) {
    this.#options = options;
    this.#encoder.onOutputCallback = (bytes) => void this.#socket?.write(bytes);
    this.#reader = new ChunkReader(options.limits, (messageType, timestamp, _streamId, payload) => {
      this.#message(messageType, timestamp, payload);
      return !this.#over;
    });
  }

  /** Resolves once nginx plays the stream, also where nobody publishes it yet. Throws where it does not. */
  async start(): Promise<void> {
    const onread = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (length: number, buffer: Uint8Array) => {
        this.#receive(buffer as Buffer, length);
        return true;
      },
    };
    const socket = connect({ path: this.#options.socketPath, onread });
    this.#socket = socket;
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end(undefined));
    socket.write(Buffer.concat([Buffer.of(VERSION), Buffer.alloc(HANDSHAKE_BYTES)]));
    const overdue = setTimeout(() => this.#end(`nginx did not play within ${START_TIMEOUT_MS} ms.`), START_TIMEOUT_MS);
    await this.#started.promise.finally(() => clearTimeout(overdue));
  }

  /** Plays no more. */
  close(): void {
    this.#over = true;
    this.#started.reject(new Error('Playing was given up.'));
    this.#started.promise.catch(() => undefined);
    this.#socket?.destroy();
  }

  #end(problem: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#started.reject(new Error(problem ?? 'nginx hung up.'));
    this.#started.promise.catch(() => undefined);
    this.#socket?.destroy();
    this.#options.onEnd(problem);
  }

  #receive(data: Buffer, length: number): void {
    if (this.#over) return;
    let at = 0;
    if (this.#handshakeBytes < HANDSHAKE_ANSWER_BYTES) {
      at = data.copy(this.#handshake, this.#handshakeBytes, 0, length);
      this.#handshakeBytes += at;
      if (this.#handshakeBytes < HANDSHAKE_ANSWER_BYTES) return;
      this.#greet();
    }
    this.#reader.read(data, at, length);
    if (this.#reader.fault) this.#end(this.#reader.fault.sentence);
  }

  /** Our part of the handshake is nginx's own bytes again (section 5.2.4). */
  #greet(): void {
    this.#socket?.write(this.#handshake.subarray(1, 1 + HANDSHAKE_BYTES));
    this.#encoder.setChunkSize(ANNOUNCED_CHUNK_BYTES);
    const cmdObj = { app: NGINX_APP, tcUrl: `rtmp://localhost/${NGINX_APP}`, flashVer: 'showrunner' };
    this.#encoder.sendInvokeMessage(0, { cmd: 'connect', transId: CONNECT, cmdObj });
  }

  #message(messageType: number, timestamp: number, payload: Buffer): void {
    switch (messageType) {
      case type.AUDIO:
        if (payload.length > 0) this.#options.onMedia(FLV_AUDIO, timestamp, payload);
        break;
      case type.VIDEO:
        if (payload.length > 0) this.#options.onMedia(FLV_VIDEO, timestamp, payload);
        break;
      case type.DATA:
        this.#data(timestamp, payload);
        break;
      case type.COMMAND:
        this.#command(payload);
        break;
      case type.USER_CONTROL:
        if (payload.length < 6) break;
        if (payload.readUInt16BE(0) === STREAM_EOF) this.#end(undefined);
        else if (payload.readUInt16BE(0) === PING_REQUEST) {
          this.#encoder.sendStreamStatus(PING_RESPONSE, payload.readUInt32BE(2));
        }
        break;
    }
  }

  #data(timestamp: number, payload: Buffer): void {
    const problem = amfProblem(payload);
    if (problem) {
      this.#end(problem);
      return;
    }
    const data = scriptData(payload, 0);
    if (data && !NOTICES.has(amfString(data, 0) ?? '')) this.#options.onMedia(FLV_SCRIPT, timestamp, data);
  }

  #command(payload: Buffer): void {
    const name = amfString(payload, 0);
    if (name === undefined || !DECODED_COMMANDS.has(name)) return;
    const problem = amfProblem(payload);
    if (problem) {
      this.#end(problem);
      return;
    }
    let answer: Record<string, unknown>;
    try {
      answer = decodeAmf0Cmd(withoutEcmaArrays(payload));
    } catch {
      this.#end(`The answer ${name} of nginx cannot be decoded.`);
      return;
    }
    const { transId, info } = answer;
    if (name === '_error') this.#end(`nginx refused command ${String(transId)}.`);
    else if (name === '_result' && transId === CONNECT) {
      this.#encoder.sendInvokeMessage(0, { cmd: 'createStream', transId: CREATE_STREAM, cmdObj: null });
    } else if (name === '_result' && transId === CREATE_STREAM) {
      const play = { cmd: 'play', transId: 0, cmdObj: null, streamName: this.#options.streamName, start: -1000 };
      this.#encoder.sendInvokeMessage(Number(info), play);
    } else if (name === 'onStatus') this.#status(info as { level?: unknown; code?: unknown } | undefined);
  }

  #status(info: { level?: unknown; code?: unknown } | undefined): void {
    if (info?.level === 'error') this.#end(`nginx plays nothing: ${String(info.code)}.`);
    else if (info?.code === 'NetStream.Play.Start') this.#started.resolve();
  }
}
