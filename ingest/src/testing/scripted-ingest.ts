import { createServer, type AddressInfo, type Socket } from 'node:net';
import { STRANGER_LIMITS } from '../rtmp/connection.ts';
import { RtmpProtocol } from '../rtmp/protocol.ts';

/** One connection to a scripted ingest, once its client has asked to publish. */
export interface ScriptedCall {
  readonly socket: Socket;
  readonly protocol: RtmpProtocol;
  readonly key: string;
  /** All that has come, handshake included. */
  readonly received: () => Buffer;
  readonly receivedBytes: () => number;
}

export interface ScriptedIngest {
  readonly port: number;
  readonly calls: ScriptedCall[];
  close(): Promise<void>;
}

/** Speaks RTMP up to the command publish as an ingest does, and from there on as the test says. */
export async function scriptedIngest(onPublish: (call: ScriptedCall) => void): Promise<ScriptedIngest> {
  const calls: ScriptedCall[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const pieces: Buffer[] = [];
    let bytes = 0;
    let talking = true;
    const protocol = new RtmpProtocol(STRANGER_LIMITS, {
      output: (answer) => void socket.write(answer),
      onConnect: () => protocol.acceptConnect(),
      onPublish: (key) => {
        talking = false;
        protocol.pause();
        const call = { socket, protocol, key, received: () => Buffer.concat(pieces), receivedBytes: () => bytes };
        calls.push(call);
        onPublish(call);
      },
      onPlay: () => undefined,
      onUnpublish: () => undefined,
      onMedia: () => undefined,
      onFault: () => void socket.destroy(),
    });
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (piece) => {
      bytes += piece.length;
      if (bytes < 1 << 20) pieces.push(piece);
      if (talking) protocol.receive(piece, piece.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
