import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a raw connection ended: by the server, or by us after it had stayed open. */
export type RawOutcome = 'closed by server' | 'left open' | 'refused';

/**
 * Opens a TCP connection, sends bytes and waits until the server closes it or `lingerMs` have passed since the last
 * byte was handed over.
 */
export async function sendRaw(
  port: number,
  bytes: Buffer,
  options: { lingerMs?: number; localAddress?: string; pieces?: number } = {},
): Promise<RawOutcome> {
  const { lingerMs = 20, pieces = 1 } = options;
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    ...(options.localAddress ? { localAddress: options.localAddress } : {}),
  });
  let outcome: RawOutcome = 'refused';
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.resume();
  socket.once('connect', () => (outcome = 'left open'));
  socket.once('end', () => (outcome = 'closed by server'));
  const size = Math.ceil(bytes.length / pieces) || 1;
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
    const handedOver = new Promise<void>((resolve) => socket.write(bytes.subarray(at, at + size), () => resolve()));
    await Promise.race([handedOver, closed, sleep(1_000, undefined, { ref: false })]);
  }
  await Promise.race([closed, sleep(lingerMs, undefined, { ref: false })]);
  socket.destroy();
  await closed;
  return outcome;
}
