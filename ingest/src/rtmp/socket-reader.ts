import { Socket, type SocketConstructorOpts } from 'node:net';

const READ_BYTES = 64 * 1024;
/** libuv reads into it and calls back in one go, so all connections share it. On Windows reads are begun ahead. */
const sharedBuffer = process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * Takes over a socket that its server accepted with `pauseOnConnect`, so that it reads into one shared buffer and hands
 * the bytes over without a stream between: per read that saves a slab and the stream's bookkeeping. The buffer is
 * the callback's only during the call. `false` stops the reading until `resume()` is called on the answered socket.
 */
export function readInto(accepted: Socket, onBytes: (buffer: Buffer, length: number) => boolean): Socket {
  const carrier = accepted as unknown as { _handle: unknown };
  const handle = carrier._handle;
  // Without its handle the accepted socket is an empty shell; destroying it tells the server that it is gone.
  carrier._handle = null;
  accepted.destroy();
  const options = {
    handle,
    onread: {
      buffer: sharedBuffer ?? Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (length: number, buffer: Uint8Array) => onBytes(buffer as Buffer, length),
    },
  };
  // Node's types know only handles of bound sockets here; accepted ones have always been taken too.
  return new Socket(options as unknown as SocketConstructorOpts);
}

/** As `readInto` for a socket with TLS, whose bytes come in buffers of their own. */
export function readEach(socket: Socket, onBytes: (buffer: Buffer, length: number) => boolean): Socket {
  socket.on('data', (bytes: Buffer) => {
    if (!onBytes(bytes, bytes.length)) socket.pause();
  });
  return socket;
}
