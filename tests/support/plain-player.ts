import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const HLS_JS = fileURLToPath(import.meta.resolve('hls.js/dist/hls.min.js'));

/** Text inside a script element: `<` could end it. */
function scriptValue(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function pageOf(masterUrl: string, config: object): string {
  return `<!doctype html><title>plain player</title><video muted autoplay playsinline width="640"></video>
<script src="/hls.js"></script>
<script>
const video = document.querySelector('video');
window.hlsErrors = [];
window.stalls = [];
const stalled = () => window.stalls.push(video.currentTime);
video.addEventListener('playing', () => video.addEventListener('waiting', stalled), { once: true });
window.hls = new Hls(${scriptValue({ ...config, enableWorker: false })});
window.hls.on(Hls.Events.ERROR, (_event, data) => window.hlsErrors.push((data.fatal ? 'fatal ' : '') + data.details));
window.hls.loadSource(${scriptValue(masterUrl)});
window.hls.attachMedia(video);
</script>`;
}

/**
 * A web page on another port with nothing but a video element and hls.js, as a stranger would embed the show. It keeps what hls.js
 * calls an error in `hlsErrors`, and in `stalls` where playback stood still after it had begun.
 */
export interface PlainPlayer {
  url(masterUrl: string, config?: object): string;
  close(): Promise<void>;
}

export async function startPlainPlayer(): Promise<PlainPlayer> {
  const script = readFileSync(HLS_JS);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/hls.js') {
      response.setHeader('content-type', 'text/javascript').end(script);
    } else if (url.pathname === '/') {
      const config = JSON.parse(url.searchParams.get('config') ?? '{}') as object;
      response.setHeader('content-type', 'text/html').end(pageOf(url.searchParams.get('master') ?? '', config));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: (masterUrl, config = {}) =>
      `http://127.0.0.1:${port}/?${new URLSearchParams({ master: masterUrl, config: JSON.stringify(config) }).toString()}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
