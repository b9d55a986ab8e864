import { connect } from 'node:net';
import process from 'node:process';

/**
 * A process of its own that holds many keep-alive connections, sends one blocking request on each when told to, and
 * notes when the first byte of each answer arrives. The parent sends `{ path }`; it is told `{ sent }` (Unix ms) once all
 * requests are out, and `{ arrivals }` (Unix ms with fractions) once all answers have come.
 */
const [port, count] = process.argv.slice(2).map(Number);
if (port === undefined || count === undefined) throw new Error('usage: blocked-clients.ts PORT COUNT');

const now = () => performance.timeOrigin + performance.now();
const arrivals = new Float64Array(count);
let waiting = 0;
// All share one buffer: what an answer says is of no interest here, and its first bytes are enough to tell its status.
const shared = Buffer.alloc(65_536);

const sockets = Array.from({ length: count }, (_, index) => {
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: shared,
      callback: (bytes, buffer) => {
        if (arrivals[index] !== 0) return true;
        arrivals[index] = now();
        if (bytes > 12 && (buffer as Buffer).toString('latin1', 9, 12) !== '200') {
          throw new Error(`A blocked request was answered ${(buffer as Buffer).toString('latin1', 0, 60)}`);
        }
        waiting -= 1;
        if (waiting === 0) process.send?.({ arrivals: [...arrivals] });
        return true;
      },
    },
  });
  socket.on('error', (error) => {
    throw error;
  });
  return socket;
});

await Promise.all(sockets.map((socket) => new Promise((connected) => socket.once('connect', connected))));
process.on('message', ({ path }: { path: string }) => {
  arrivals.fill(0);
  waiting = count;
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n`);
  let written = 0;
  for (const socket of sockets) {
    socket.write(request, () => {
      written += 1;
      if (written === count) process.send?.({ sent: now() });
    });
  }
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
