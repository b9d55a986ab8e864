// `helm test`: every component answers through its Service.
import { resolve4 } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const { EDGE_URL, FRONT_DOOR_HOST, FRONT_DOOR_PORT, OPERATOR_HOST, WEB_URL } = process.env;
const TIMEOUT_MS = 10_000;
/** C0 of the RTMP handshake, and S0 that answers it (Adobe RTMP 1.0, 5.2.2). */
const RTMP_VERSION = 3;

async function get(url, status) {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (response.status !== status) throw new Error(`${url} answered ${response.status}, not ${status}.`);
  return response;
}

const CHECKS = {
  'The API lists live streams.': async () => {
    const { items } = await (await get(`${WEB_URL}/api/v1/live-streams`, 200)).json();
    if (!Array.isArray(items)) throw new Error('The answer has no items.');
  },
  'The page is served.': async () => {
    const text = await (await get(WEB_URL, 200)).text();
    if (!text.includes('<html')) throw new Error('The answer is no page.');
  },
  'The edge says that a show is not there.': () => get(`${EDGE_URL}/hls/default/no-such-show/master.m3u8`, 404),
  'The front door shakes hands.': async () => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const socket = connect(Number(FRONT_DOOR_PORT), FRONT_DOOR_HOST);
    try {
      socket.write(Buffer.concat([Buffer.from([RTMP_VERSION]), Buffer.alloc(1536)]));
      const [answer] = await once(socket, 'data', { signal });
      if (answer[0] !== RTMP_VERSION) throw new Error(`The answer begins with ${answer[0]}.`);
    } finally {
      socket.destroy();
    }
  },
  'An operator is ready.': () => resolve4(OPERATOR_HOST),
};

/** Nodes learn of a ready pod a moment after Helm does. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 500;
const deadline = Date.now() + PATIENCE_MS;

/** Why a check fails, once it has failed until the deadline. */
async function problemOf(check) {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (Date.now() > deadline) return [error.message, error.cause?.message].filter(Boolean).join(' ');
    await sleep(PAUSE_MS);
    return problemOf(check);
  }
}

for (const [sentence, check] of Object.entries(CHECKS)) {
  const problem = await problemOf(check);
  if (problem !== undefined) process.exitCode = 1;
  console.log(problem === undefined ? `✓ ${sentence}` : `✗ ${sentence} ${problem}`);
}
