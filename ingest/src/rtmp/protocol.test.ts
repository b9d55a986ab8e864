import { decodeAmf0Cmd } from 'node-media-server/src/protocol/amf.js';
import Rtmp from 'node-media-server/src/protocol/rtmp.js';
import { describe, expect, it } from 'vitest';
import { refusal } from '../errors.ts';
import { ChunkReader, type ChunkLimits } from './chunk-reader.ts';
import * as type from './message-type.ts';
import { RtmpProtocol } from './protocol.ts';

const LIMITS: ChunkLimits = { mediaBytes: 65_536, otherBytes: 65_536, unfinishedBytes: 131_072, chunkStreams: 8 };
const HANDSHAKE_REPLY_BYTES = 1 + 1536 * 2;

/** A client that has shaken hands, what the server was asked for, and what it answered. */
function connection(options: { pauseAtPlay?: boolean } = {}) {
  const asked: unknown[] = [];
  const answers: { type: number; payload: Buffer }[] = [];
  const reader = new ChunkReader(LIMITS, (messageType, _timestamp, _stream, payload) => {
    answers.push({ type: messageType, payload });
    return true;
  });
  let handshakeLeft = HANDSHAKE_REPLY_BYTES;
  const protocol = new RtmpProtocol(LIMITS, {
    output: (bytes) => {
      const skip = Math.min(handshakeLeft, bytes.length);
      handshakeLeft -= skip;
      reader.read(bytes, skip, bytes.length);
    },
    onConnect: (app) => asked.push({ connect: app }),
    onPublish: (key) => asked.push({ publish: key }),
    onPlay: () => {
      asked.push('play');
      if (options.pauseAtPlay) protocol.pause();
    },
    onUnpublish: () => asked.push('unpublish'),
    onMedia: (tag, timestamp, payload) => asked.push({ tag, timestamp, payload: payload.toString('latin1') }),
    onFault: ({ sentence }) => asked.push({ fault: sentence }),
  });
  const send = (bytes: Buffer): void => protocol.receive(bytes, bytes.length);
  const client = new Rtmp();
  client.onOutputCallback = send;
  const handshake = Buffer.alloc(1 + 1536 * 2);
  handshake[0] = 3;
  send(handshake);
  client.setChunkSize(client.outChunkSize);
  return {
    client,
    protocol,
    asked,
    message: (messageType: number, timestamp: number, payload: Buffer): void => {
      const header = Buffer.alloc(12);
      header[0] = 4;
      header.writeUIntBE(timestamp, 1, 3);
      header.writeUIntBE(payload.length, 4, 3);
      header[7] = messageType;
      send(Buffer.concat([header, payload]));
    },
    connect: () => {
      client.sendInvokeMessage(0, { cmd: 'connect', transId: 1, cmdObj: { app: 'live' } });
      protocol.acceptConnect();
    },
    commands: () =>
      answers.filter((answer) => answer.type === type.COMMAND).map(({ payload }) => decodeAmf0Cmd(payload)),
    numbers: (messageType: number) =>
      answers.filter((answer) => answer.type === messageType).map(({ payload }) => payload.toString('hex')),
  };
}

describe('commands', () => {
  it('go from connect to publish as OBS and ffmpeg send them', () => {
    const { client, protocol, asked, commands } = connection();
    client.sendInvokeMessage(0, { cmd: 'connect', transId: 1, cmdObj: { app: 'live/?x=1', tcUrl: 'rtmp://h/live' } });
    protocol.acceptConnect();
    client.sendInvokeMessage(0, { cmd: 'releaseStream', transId: 2, cmdObj: null, streamName: 'key' });
    client.sendInvokeMessage(0, { cmd: 'FCPublish', transId: 3, cmdObj: null, streamName: 'key' });
    client.sendInvokeMessage(0, { cmd: 'createStream', transId: 4, cmdObj: null });
    client.sendInvokeMessage(1, { cmd: 'publish', transId: 5, cmdObj: null, streamName: 'key?x=1', type: 'live' });
    protocol.acceptPublish();
    client.sendInvokeMessage(0, { cmd: 'FCUnpublish', transId: 6, cmdObj: null, streamName: 'key' });
    client.sendInvokeMessage(0, { cmd: 'deleteStream', transId: 7, cmdObj: null, streamId: 1 });
    expect(asked).toEqual([{ connect: 'live' }, { publish: 'key' }, 'unpublish', 'unpublish']);
    expect(
      commands().map(({ cmd, transId, info }) => [cmd, transId, (info as { code?: string })?.code ?? info]),
    ).toEqual([
      ['_result', 1, 'NetConnection.Connect.Success'],
      ['_result', 2, undefined],
      ['_result', 3, undefined],
      ['_result', 4, 1],
      ['onStatus', 0, 'NetStream.Publish.Start'],
    ]);
  });

  it('are refused in a form that both ffmpeg and OBS show', () => {
    const { client, protocol, commands } = connection();
    client.sendInvokeMessage(0, { cmd: 'connect', transId: 1, cmdObj: { app: 'other' } });
    protocol.refuseConnect(refusal('wrong-app'));
    const description = refusal('wrong-app').sentence;
    expect(commands().map(({ cmd, info }) => ({ cmd, info }))).toEqual([
      { cmd: '_error', info: { level: 'error', code: 'NetConnection.Connect.Rejected', description } },
      { cmd: 'onStatus', info: { level: 'error', code: 'NetConnection.Connect.InvalidApp', description } },
    ]);
  });

  it.each([
    [
      'publish before connect',
      { cmd: 'publish', transId: 1, cmdObj: null, streamName: 'k' },
      /publish came before connect/,
    ],
    ['connect without an app', { cmd: 'connect', transId: 1, cmdObj: {} }, /names no app/],
    ['connect with nothing', { cmd: 'connect', transId: 1 }, /names no app/],
  ])('%s is a fault', (_name, command, sentence) => {
    const { client, asked } = connection();
    client.sendInvokeMessage(0, command);
    expect(asked).toEqual([{ fault: expect.stringMatching(sentence) as string }]);
  });

  it('are read past ECMA arrays, which amf.js takes for a byte too long', () => {
    const { message, asked } = connection();
    const connect = '\x02\x00\x07connect\x00\x3f\xf0\x00\x00\x00\x00\x00\x00\x03';
    const codecs = '\x00\x06codecs\x08\x00\x00\x00\x01\x00\x04avc1\x05\x00\x00\x09';
    const app = '\x00\x03app\x02\x00\x04live\x00\x00\x09';
    message(type.COMMAND, 0, Buffer.from(connect + codecs + codecs + app, 'latin1'));
    expect(asked).toEqual([{ connect: 'live' }]);
  });

  it('bounds streams and keys, and asks for connect only once', () => {
    const streams = connection();
    streams.connect();
    for (let n = 0; n < 9; n++) streams.client.sendInvokeMessage(0, { cmd: 'createStream', transId: n, cmdObj: null });
    expect(streams.asked.at(-1)).toEqual({ fault: 'A connection may create 8 streams; this is one more.' });
    const key = connection();
    key.connect();
    key.client.sendInvokeMessage(1, { cmd: 'publish', transId: 1, cmdObj: null, streamName: 'k'.repeat(257) });
    expect(key.asked.at(-1)).toEqual({ fault: 'The command publish must have a key of 1 to 256 characters.' });
    const twice = connection();
    twice.connect();
    twice.client.sendInvokeMessage(0, { cmd: 'connect', transId: 2, cmdObj: { app: 'live' } });
    expect(twice.asked.at(-1)).toEqual({ fault: 'The command connect came twice.' });
  });

  it('passes over what it does not know, and tells who wants to play', () => {
    const { client, message, asked } = connection();
    for (const name of ['constructor', '__proto__', 'receiveAudio', 'getMovLen']) {
      message(type.COMMAND, 0, Buffer.concat([Buffer.from([2, 0, name.length]), Buffer.from(name)]));
    }
    client.sendInvokeMessage(1, { cmd: 'play', transId: 4, cmdObj: null, streamName: 'live' });
    expect(asked).toEqual(['play']);
  });
});

describe('messages', () => {
  const NAME = Buffer.from('\x02\x00\x0aonMetaData\x05', 'latin1');
  const SET = Buffer.from('\x02\x00\x0d@setDataFrame', 'latin1');

  it('become tags, metadata without its envelope', () => {
    const { message, asked } = connection();
    message(type.VIDEO, 10, Buffer.from('picture'));
    message(type.AUDIO, 11, Buffer.from('sound'));
    message(type.AUDIO, 11, Buffer.alloc(0));
    message(type.DATA, 12, Buffer.concat([SET, NAME]));
    message(type.DATA, 13, NAME);
    message(type.DATA_AMF3, 14, Buffer.concat([Buffer.from([0]), SET, NAME]));
    const payload = NAME.toString('latin1');
    expect(asked).toEqual([
      { tag: 9, timestamp: 10, payload: 'picture' },
      { tag: 8, timestamp: 11, payload: 'sound' },
      { tag: 18, timestamp: 12, payload },
      { tag: 18, timestamp: 13, payload },
      { tag: 18, timestamp: 14, payload },
    ]);
  });

  it('are acknowledged each window, and pings are answered', () => {
    const { client, message, numbers } = connection();
    client.sendWindowACK(20_000);
    message(type.AUDIO, 0, Buffer.alloc(12_000, 1));
    expect(numbers(type.ACKNOWLEDGEMENT)).toEqual([]);
    message(type.AUDIO, 0, Buffer.alloc(12_000, 1));
    // Handshake, two control messages, two messages with 12 bytes of header.
    const read = 3073 + 16 + 16 + 24_024;
    expect(numbers(type.ACKNOWLEDGEMENT)).toEqual([read.toString(16).padStart(8, '0')]);
    message(type.USER_CONTROL, 0, Buffer.from('0006000004d2', 'hex'));
    expect(numbers(type.USER_CONTROL)).toEqual(['0007000004d2']);
  });

  /** One at which reading is paused, and another behind it. */
  function paused() {
    const { client, protocol, asked } = connection({ pauseAtPlay: true });
    const pieces: Buffer[] = [];
    client.onOutputCallback = (bytes) => pieces.push(bytes);
    client.sendInvokeMessage(1, { cmd: 'play', transId: 1, cmdObj: null, streamName: 'a' });
    client.sendInvokeMessage(1, { cmd: 'closeStream', transId: 2, cmdObj: null });
    const both = Buffer.concat(pieces);
    protocol.receive(both, both.length);
    both.fill(0xee);
    return { protocol, asked };
  }

  it('wait behind one at which reading was paused', () => {
    const { protocol, asked } = paused();
    expect(asked).toEqual(['play']);
    protocol.resume();
    expect(asked).toEqual(['play', 'unpublish']);
  });

  it('are not kept where another reads on', () => {
    const { protocol, asked } = paused();
    protocol.handOver();
    protocol.resume();
    expect(asked).toEqual(['play']);
  });

  it('that are malformed end the connection in words', () => {
    const fault = (messageType: number, bytes: number[]) => {
      const { message, asked } = connection();
      message(messageType, 0, Buffer.from(bytes));
      message(type.AUDIO, 0, Buffer.from('never heard'));
      return asked;
    };
    expect(fault(type.COMMAND, [5])).toEqual([{ fault: 'A command does not begin with its name.' }]);
    expect(fault(type.COMMAND, [2, 0, 9])).toEqual([{ fault: 'An AMF value is longer than its message.' }]);
    expect(fault(type.DATA, [3])).toEqual([{ fault: 'An AMF object has no end.' }]);
    expect(fault(type.AGGREGATE, [9, 0, 0])).toEqual([{ fault: 'An aggregate message ends within one of its tags.' }]);
  });
});

it('hangs up on what is not RTMP by its first byte', () => {
  const faults: string[] = [];
  const ignore = () => undefined;
  const protocol = new RtmpProtocol(LIMITS, {
    ...{ output: ignore, onConnect: ignore, onPublish: ignore, onPlay: ignore, onUnpublish: ignore, onMedia: ignore },
    onFault: ({ code }) => faults.push(code),
  });
  protocol.receive(Buffer.from('GET / HTTP/1.1'), 14);
  expect(faults).toEqual(['not-rtmp']);
});
