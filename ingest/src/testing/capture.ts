import { createServer, connect, type AddressInfo } from 'node:net';

/** What a client sends to the server at `port`, recorded on the way: connect to the answered port instead. */
export async function tap(port: number): Promise<{ port: number; bytes(): Buffer; close(): Promise<void> }> {
  const pieces: Buffer[] = [];
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    client.on('data', (bytes) => pieces.push(bytes));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => Buffer.concat(pieces),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
