import { decodeAmf0Cmd } from 'node-media-server/src/protocol/amf.js';
import Rtmp from 'node-media-server/src/protocol/rtmp.js';
import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, type FlvTag } from '@showrunner/service-kit';
import { refusal, type Refusal } from '../errors.ts';
import { readAggregate } from './aggregate.ts';
import { amfProblem, amfString, withoutEcmaArrays } from './amf-guard.ts';
import { ANNOUNCED_CHUNK_BYTES } from './announced-chunk-size.ts';
import { ChunkReader, type ChunkLimits } from './chunk-reader.ts';
import * as type from './message-type.ts';
import { scriptData } from './script-data.ts';

/** A message stream that the client was given, and the transaction in which it asked for it. */
export interface CreatedStream {
  readonly transaction: number;
  readonly id: number;
}

/** The server's side of one RTMP connection: what the client asked for, as calls. */
export interface RtmpHandler {
  output(bytes: Buffer): void;
  /** `app` without its query and closing slashes. Answer with `acceptConnect` or `refuseConnect`. */
  onConnect(app: string): void;
  /** Answer with `acceptPublish` or `refuse`, at once or later. */
  onPublish(key: string): void;
  onPlay(): void;
  /** The client says that it has ended its stream. */
  onUnpublish(): void;
  onMedia(type: FlvTag['type'], timestamp: number, payload: Buffer): void;
  /** A rule is broken; nothing more is read. */
  onFault(refusal: Refusal): void;
}

export const VERSION = 3;
/** C1, C2, S1 and S2 (RTMP 1.0 section 5.2). */
export const HANDSHAKE_PART_BYTES = 1536;
/** Of either side. */
export const HANDSHAKE_BYTES = 1 + 2 * HANDSHAKE_PART_BYTES;
const HANDSHAKE_DONE = 3;
/** We announce this and the client counts it until it acknowledges; and we acknowledge as often, until told otherwise. */
const WINDOW_BYTES = 5_000_000;
const DEFAULT_CLIENT_WINDOW_BYTES = 2_500_000;
/** A smaller window would make us answer every read. */
const MIN_CLIENT_WINDOW_BYTES = 16 * 1024;
const DYNAMIC = 2;
const MAX_MESSAGE_STREAMS = 8;
const MAX_KEY_CHARACTERS = 256;

const STREAM_BEGIN = 0;
const PING_REQUEST = 6;
const PING_RESPONSE = 7;

/** Commands that are answered with a bare `_result`: OBS, Wirecast and others send them, and some wait for it. */
const ACKNOWLEDGED_COMMANDS = new Set(['releaseStream', 'FCPublish', '_checkbw', 'getStreamLength']);
/**
 * The client ends its stream. OBS and ffmpeg send the first two in a row and hang up at once, so that the second may be
 * lost where the first was answered into a closed connection.
 */
const ENDING_COMMANDS = new Set(['FCUnpublish', 'deleteStream', 'closeStream']);
/** The commands that amf.js is asked to decode: it prints every other one to the console. */
const DECODED_COMMANDS = new Set(['connect', 'createStream', 'publish']);

/**
 * node-media-server's RTMP protocol (its handshake, its AMF and its answers) behind our chunk reader, with the commands
 * that OBS, ffmpeg and hardware encoders send. Its own `onConnect`, `onPublish` and parser are not used: they answer
 * before anyone could check a key, and throw on malformed input.
 */
export class RtmpProtocol extends Rtmp {
  readonly #handler: RtmpHandler;
  readonly #reader: ChunkReader;
  #greeted = false;
  #reading = true;
  #faulty = false;
  /** Bytes of the last read behind the message at which reading was paused. */
  #rest: Buffer | undefined;
  #bytesRead = 0;
  #bytesAcknowledged = 0;
  #clientWindowBytes = DEFAULT_CLIENT_WINDOW_BYTES;
  #connectTransaction = 0;
  #connected = false;
  readonly #createdStreams: CreatedStream[] = [];
  #publishStreamId = 0;

  constructor(limits: ChunkLimits, handler: RtmpHandler) {
    super();
    this.#handler = handler;
    this.onOutputCallback = (bytes) => handler.output(bytes);
    this.#reader = new ChunkReader(limits, (messageType, timestamp, streamId, payload) => {
      this.#message(messageType, timestamp, streamId, payload);
      return this.#reading;
    });
  }

  /** The handshake is over: the client understands messages. */
  get established(): boolean {
    return this.handshakeState === HANDSHAKE_DONE;
  }

  get createdStreams(): readonly CreatedStream[] {
    return this.#createdStreams;
  }

  /** Takes the first `length` bytes of `data`, which stays the caller's. Must not be called while paused. */
  receive(data: Buffer, length: number): void {
    if (this.#faulty) return;
    if (!this.#greeted && length > 0) {
      this.#greeted = true;
      if (data[0] !== VERSION) {
        this.#fail(refusal('not-rtmp'));
        return;
      }
    }
    this.#bytesRead += length;
    if (this.established) this.chunkRead(data, 0, length);
    else this.parserData(data.subarray(0, length));
    if (this.#bytesRead - this.#bytesAcknowledged >= this.#clientWindowBytes) {
      this.#bytesAcknowledged = this.#bytesRead;
      this.sendACK(this.#bytesRead % 2 ** 32);
    }
  }

  override chunkRead(data: Buffer, start: number, length: number): null {
    const end = start + length;
    const at = this.#reader.read(data, start, end);
    if (this.#reader.fault) {
      if (this.#reading) this.#fail(this.#reader.fault);
    } else if (at < end) this.#rest = Buffer.from(data.subarray(at, end));
    return null;
  }

  /** Handles no message after the present one until `resume`. */
  pause(): void {
    this.#reading = false;
  }

  /** Goes on with what the last read held behind the message at which it was paused. */
  resume(): void {
    this.#reading = true;
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest) this.chunkRead(rest, 0, rest.length);
  }

  /** Forgets what the last read held behind the message at which it was paused: another reads on, and nothing comes here any more. */
  handOver(): void {
    this.#rest = undefined;
  }

  /** From here on longer messages may come. */
  setLimits(limits: ChunkLimits): void {
    this.#reader.limits = limits;
  }

  acceptConnect(): void {
    this.#connected = true;
    this.#greet();
    this.respondConnect(this.#connectTransaction);
  }

  /** Tells ffmpeg by the answer to its command, and OBS by a status, which alone it shows. */
  refuseConnect(refused: Refusal): void {
    this.#greet();
    const info = { level: 'error', code: 'NetConnection.Connect.Rejected', description: refused.sentence };
    this.sendInvokeMessage(0, { cmd: '_error', transId: this.#connectTransaction, cmdObj: null, info });
    this.refuse(refused);
  }

  acceptPublish(): void {
    this.sendStreamStatus(STREAM_BEGIN, this.#publishStreamId);
    this.sendStatusMessage(
      this.#publishStreamId,
      'status',
      'NetStream.Publish.Start',
      'The stream is being published.',
    );
  }

  acceptUnpublish(): void {
    this.sendStatusMessage(this.#publishStreamId, 'status', 'NetStream.Unpublish.Success', 'The stream has ended.');
  }

  refuse(refused: Refusal): void {
    this.sendStatusMessage(this.#publishStreamId, 'error', refused.status, refused.sentence);
  }

  #greet(): void {
    this.sendWindowACK(WINDOW_BYTES);
    this.setPeerBandwidth(WINDOW_BYTES, DYNAMIC);
    // ffmpeg sends with the chunk size that it hears here, so nearly every message of it is one chunk.
    this.setChunkSize(ANNOUNCED_CHUNK_BYTES);
  }

  #fail(fault: Refusal): void {
    this.#faulty = true;
    this.#reading = false;
    this.#handler.onFault(fault);
  }

  #message(messageType: number, timestamp: number, streamId: number, payload: Buffer): void {
    switch (messageType) {
      case type.AUDIO:
        if (payload.length > 0) this.#handler.onMedia(FLV_AUDIO, timestamp, payload);
        break;
      case type.VIDEO:
        if (payload.length > 0) this.#handler.onMedia(FLV_VIDEO, timestamp, payload);
        break;
      case type.AGGREGATE:
        this.#aggregate(timestamp, streamId, payload);
        break;
      case type.DATA:
        this.#data(timestamp, payload, 0);
        break;
      case type.DATA_AMF3:
        // One byte, then AMF0, as every encoder sends it.
        this.#data(timestamp, payload, 1);
        break;
      case type.COMMAND:
        this.#command(streamId, payload, 0);
        break;
      case type.COMMAND_AMF3:
        this.#command(streamId, payload, 1);
        break;
      case type.WINDOW_ACKNOWLEDGEMENT_SIZE:
        if (payload.length >= 4) {
          this.#clientWindowBytes = Math.max(payload.readUInt32BE(0), MIN_CLIENT_WINDOW_BYTES);
        }
        break;
      case type.USER_CONTROL:
        if (payload.length >= 6 && payload.readUInt16BE(0) === PING_REQUEST) {
          this.sendStreamStatus(PING_RESPONSE, payload.readUInt32BE(2));
        }
        break;
    }
  }

  #aggregate(timestamp: number, streamId: number, payload: Buffer): void {
    const whole = readAggregate(payload, timestamp, (messageType, at, body) => {
      if (messageType !== type.AGGREGATE && this.#reading) this.#message(messageType, at, streamId, body);
    });
    if (!whole) this.#fail(refusal('bad-message', 'An aggregate message ends within one of its tags.'));
  }

  #data(timestamp: number, payload: Buffer, start: number): void {
    const problem = amfProblem(payload, start);
    if (problem) {
      this.#fail(refusal('bad-message', problem));
      return;
    }
    const data = scriptData(payload, start);
    if (data) this.#handler.onMedia(FLV_SCRIPT, timestamp, data);
  }

  #command(streamId: number, payload: Buffer, start: number): void {
    const problem = amfProblem(payload, start);
    const name = amfString(payload, start);
    if (problem || name === undefined) {
      this.#fail(refusal('bad-message', problem ?? 'A command does not begin with its name.'));
      return;
    }
    if (name === 'play' || name === 'play2') this.#handler.onPlay();
    else if (ENDING_COMMANDS.has(name)) this.#handler.onUnpublish();
    else if (ACKNOWLEDGED_COMMANDS.has(name)) this.#acknowledge(payload, start, name);
    else if (DECODED_COMMANDS.has(name)) this.#decodedCommand(name, streamId, payload.subarray(start));
  }

  #acknowledge(payload: Buffer, start: number, name: string): void {
    const at = start + 3 + Buffer.byteLength(name);
    const transaction = payload[at] === 0 && at + 9 <= payload.length ? payload.readDoubleBE(at + 1) : 0;
    // Without a transaction nobody waits for an answer.
    if (transaction > 0) {
      this.sendInvokeMessage(0, { cmd: '_result', transId: transaction, cmdObj: null, info: undefined });
    }
  }

  #decodedCommand(name: string, streamId: number, bytes: Buffer): void {
    let command: Record<string, unknown>;
    try {
      command = decodeAmf0Cmd(withoutEcmaArrays(bytes));
    } catch {
      this.#fail(refusal('bad-message', `The command ${name} cannot be decoded.`));
      return;
    }
    const transaction = typeof command.transId === 'number' ? command.transId : 0;
    if (name === 'connect') {
      const options = (command.cmdObj ?? {}) as { app?: unknown; objectEncoding?: unknown };
      if (this.#connected) this.#fail(refusal('bad-message', 'The command connect came twice.'));
      else if (typeof options.app !== 'string') this.#fail(refusal('bad-message', 'The command connect names no app.'));
      else {
        this.#connectTransaction = transaction;
        this.objectEncoding = options.objectEncoding === 3 ? 3 : 0;
        this.#handler.onConnect(appName(options.app));
      }
    } else if (!this.#connected) {
      this.#fail(refusal('bad-message', `The command ${name} came before connect.`));
    } else if (name === 'createStream') {
      if (this.#createdStreams.length >= MAX_MESSAGE_STREAMS) {
        this.#fail(refusal('bad-message', `A connection may create ${MAX_MESSAGE_STREAMS} streams; this is one more.`));
        return;
      }
      this.respondCreateStream(transaction);
      this.#createdStreams.push({ transaction, id: this.streams });
    } else if (typeof command.streamName !== 'string' || command.streamName.length > MAX_KEY_CHARACTERS) {
      this.#fail(
        refusal('bad-message', `The command publish must have a key of 1 to ${MAX_KEY_CHARACTERS} characters.`),
      );
    } else {
      this.#publishStreamId = streamId;
      this.#handler.onPublish(command.streamName.split('?', 1)[0]!);
    }
  }
}

function appName(app: string): string {
  const end = app.indexOf('?');
  const path = end < 0 ? app : app.slice(0, end);
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
