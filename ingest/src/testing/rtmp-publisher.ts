import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Rtmp from 'node-media-server/src/protocol/rtmp.js';
import { FLV_SCRIPT, type FlvTag } from '@showrunner/service-kit';
import { until } from './publish.ts';

const HANDSHAKE_BYTES = 1 + 1536 * 2;
const MEDIA_CHUNK_STREAM = 6;
const DATA_MESSAGE = 18;
const SET_CHUNK_SIZE = 1;
const CHUNK_BYTES = 1024 * 1024;
const EXTENDED = 0xffffff;
const SET_DATA_FRAME = Buffer.from('\x02\x00\x0d@setDataFrame', 'latin1');

/** One message in one chunk with a whole header (RTMP 1.0 section 5.3.1.2.1). */
function chunk(chunkStream: number, type: number, streamId: number, timestamp: number, payload: Buffer): Buffer {
  const extended = timestamp >= EXTENDED;
  const header = Buffer.alloc(extended ? 16 : 12);
  header[0] = chunkStream;
  header.writeUIntBE(extended ? EXTENDED : timestamp, 1, 3);
  header.writeUIntBE(payload.length, 4, 3);
  header[7] = type;
  header.writeUInt32LE(streamId, 8);
  if (extended) header.writeUInt32BE(timestamp, 12);
  return Buffer.concat([header, payload]);
}

/** An RTMP client that publishes the tags that it is given, byte for byte. */
export class RtmpPublisher {
  readonly #socket: Socket;
  readonly #client = new Rtmp();

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#client.onOutputCallback = (bytes) => void socket.write(bytes);
  }

  /** Resolves when it may publish. */
  static async start(port: number, key: string): Promise<RtmpPublisher> {
    const socket = connect(port, '127.0.0.1');
    let answers = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => (answers += bytes.toString('latin1')));
    await once(socket, 'connect');
    const publisher = new RtmpPublisher(socket);
    const client = publisher.#client;
    const hello = Buffer.alloc(HANDSHAKE_BYTES);
    hello[0] = 3;
    const size = Buffer.alloc(4);
    size.writeUInt32BE(CHUNK_BYTES);
    socket.write(Buffer.concat([hello, chunk(2, SET_CHUNK_SIZE, 0, 0, size)]));
    client.outChunkSize = CHUNK_BYTES;
    client.sendInvokeMessage(0, { cmd: 'connect', transId: 1, cmdObj: { app: 'live' } });
    client.sendInvokeMessage(0, { cmd: 'createStream', transId: 2, cmdObj: null });
    client.sendInvokeMessage(1, { cmd: 'publish', transId: 3, cmdObj: null, streamName: key, type: 'live' });
    await until(() => answers.includes('NetStream.Publish.Start'));
    return publisher;
  }

  tag({ type, timestamp, payload }: FlvTag): void {
    const body = type === FLV_SCRIPT ? Buffer.concat([SET_DATA_FRAME, payload]) : payload;
    this.#socket.write(chunk(MEDIA_CHUNK_STREAM, type === FLV_SCRIPT ? DATA_MESSAGE : type, 1, timestamp, body));
  }

  /** Says goodbye, as OBS does. */
  unpublish(): void {
    this.#client.sendInvokeMessage(0, { cmd: 'deleteStream', transId: 4, cmdObj: null, streamId: 1 });
  }

  /** Lets go without a word. */
  drop(): void {
    this.#socket.destroy();
  }
}
