import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { decodeAmf0Cmd } from 'node-media-server/src/protocol/amf.js';
import Rtmp from 'node-media-server/src/protocol/rtmp.js';
import { amfString } from '../rtmp/amf-guard.ts';
import { ChunkReader } from '../rtmp/chunk-reader.ts';
import { STRANGER_LIMITS } from '../rtmp/connection.ts';
import { COMMAND } from '../rtmp/message-type.ts';
import { HANDSHAKE_BYTES } from '../rtmp/protocol.ts';
import { until } from './publish.ts';

/** An RTMP client in the test's hands, which reads every answer with its own chunk reader, as an encoder does. */
export class RtmpClient {
  readonly socket: Socket;
  /** `code: description` of each onStatus, in order. */
  readonly statuses: string[] = [];
  /** Set where the answers break a rule of RTMP. */
  problem: string | undefined;
  readonly closed: Promise<void>;
  ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    const reader = new ChunkReader(STRANGER_LIMITS, (type, _timestamp, _streamId, payload) => {
      const name = type === COMMAND ? amfString(payload, 0) : undefined;
      if (name === 'onStatus') {
        const { info } = decodeAmf0Cmd(payload) as { info: { code: string; description: string } };
        this.statuses.push(`${info.code}: ${info.description}`);
      } else if (type === COMMAND && name !== '_result') this.problem = `A command ${name} came.`;
      return true;
    });
    let greeted = 0;
    socket.on('error', () => undefined);
    socket.on('end', () => (this.ended = true));
    socket.on('data', (bytes: Buffer) => {
      const start = Math.min(bytes.length, HANDSHAKE_BYTES - greeted);
      greeted += start;
      reader.read(bytes, start, bytes.length);
      this.problem ??= reader.fault?.sentence;
    });
  }

  static async connect(port: number): Promise<RtmpClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RtmpClient(socket);
  }

  /** Everything up to publish at once, without waiting for an answer, and `behind` right behind it. */
  publish(key: string, behind: Buffer = Buffer.alloc(0)): void {
    this.#say(behind, (client) => {
      client.sendInvokeMessage(0, { cmd: 'createStream', transId: 2, cmdObj: null });
      client.sendInvokeMessage(1, { cmd: 'publish', transId: 3, cmdObj: null, streamName: key, type: 'live' });
    });
  }

  /** The command connect, and `behind` right behind it. */
  greet(behind: Buffer): void {
    this.#say(behind, () => undefined);
  }

  #say(behind: Buffer, commands: (client: Rtmp) => void): void {
    const pieces: Buffer[] = [Buffer.alloc(HANDSHAKE_BYTES, 3)];
    const client = new Rtmp();
    client.onOutputCallback = (bytes) => void pieces.push(bytes);
    client.setChunkSize(client.outChunkSize);
    client.sendInvokeMessage(0, { cmd: 'connect', transId: 1, cmdObj: { app: 'live' } });
    commands(client);
    this.socket.write(Buffer.concat([...pieces, behind]));
  }

  /** Resolves when it may publish. */
  async started(): Promise<void> {
    await until(() => this.statuses.some((status) => status.startsWith('NetStream.Publish.Start')));
  }
}
