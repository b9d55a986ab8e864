import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How a raw connection ended: the server closed it while we still held it, or once we had said goodbye (FIN); it was
 * still open when we let it go; it never came about.
 */
export type RawOutcome = 'closed by server' | 'closed after goodbye' | 'left open' | 'refused';

/**
 * Opens a TCP connection and sends bytes. With `goodbye` it then sends FIN, so that the server reads all of it and ends
 * the connection itself; without, it holds on. After `lingerMs` it is torn down either way.
 */
export async function sendRaw(
  port: number,
  bytes: Buffer,
  options: { lingerMs: number; goodbye?: boolean; host?: string; localAddress?: string; pieces?: number },
): Promise<RawOutcome> {
  const socket = connect({
    port,
    host: options.host ?? '127.0.0.1',
    noDelay: true,
    ...(options.localAddress ? { localAddress: options.localAddress } : {}),
  });
  let connected = false;
  let outcome: RawOutcome = 'left open';
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const serverClosed = () => {
    if (outcome === 'left open') outcome = socket.writableEnded ? 'closed after goodbye' : 'closed by server';
  };
  // A server that closes with bytes of ours unread resets the connection.
  socket.on('error', serverClosed);
  socket.once('end', serverClosed);
  socket.once('connect', () => (connected = true));
  socket.resume();
  const size = Math.ceil(bytes.length / (options.pieces ?? 1)) || 1;
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
    const handedOver = new Promise<void>((resolve) => socket.write(bytes.subarray(at, at + size), () => resolve()));
    await Promise.race([handedOver, closed, sleep(2_000, undefined, { ref: false })]);
  }
  if (options.goodbye && !socket.destroyed) socket.end();
  await Promise.race([closed, sleep(options.lingerMs, undefined, { ref: false })]);
  socket.destroy();
  await closed;
  return connected ? outcome : 'refused';
}

/**
 * Sends the beginning of what a client says at once, and then a byte each `everyMs`, or nothing more where that is not said. Resolves
 * to how long the server listened, in milliseconds; to undefined where it still does after `giveUpMs`.
 */
export async function sendSlowly(
  { host, port }: { readonly host: string; readonly port: number },
  bytes: Buffer,
  { atOnce, everyMs, giveUpMs }: { readonly atOnce: number; readonly everyMs?: number; readonly giveUpMs: number },
): Promise<number | undefined> {
  const socket = connect({ port, host, noDelay: true });
  const ended = new Promise<true>((resolve) => {
    for (const end of ['end', 'close'] as const) socket.once(end, () => resolve(true));
  });
  socket.on('error', () => undefined);
  socket.resume();
  const began = performance.now();
  let at = atOnce;
  socket.write(bytes.subarray(0, at));
  const drip = setInterval(() => socket.write(bytes.subarray(at, (at += 1))), everyMs ?? giveUpMs);
  const isOver = await Promise.race([ended, sleep(giveUpMs, false, { ref: false })]);
  clearInterval(drip);
  socket.destroy();
  return isOver ? performance.now() - began : undefined;
}
