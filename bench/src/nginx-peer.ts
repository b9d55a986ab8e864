import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePorts } from '@showrunner/tests/support';

/** Debian's nginx with libnginx-mod-rtmp, `hls on`, one worker: what a person would otherwise set up. */
export interface NginxPeer {
  readonly pid: number;
  /** `rtmp://127.0.0.1:PORT/live`. */
  readonly rtmpServer: string;
  /** `http://127.0.0.1:PORT`. */
  readonly http: string;
  /** Files in here are served under `/static/`. */
  readonly staticFolder: string;
  playlistUrl(name: string): string;
  stop(): Promise<void>;
}

function configuration(folder: string, httpPort: number, rtmpPort: number): string {
  return `
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
# Run by root, nginx would give its files away to nobody.
user root;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 4096; }
rtmp {
  server {
    listen 127.0.0.1:${rtmpPort};
    application live {
      live on;
      hls on;
      hls_path ${folder}/hls;
      hls_fragment 2s;
      hls_playlist_length 12s;
    }
  }
}
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; video/mp4 m4s; }
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${httpPort};
    location /hls {
      root ${folder};
      add_header Access-Control-Allow-Origin *;
      add_header Cache-Control no-cache;
    }
    location /static { root ${folder}; }
  }
}
`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export async function startNginxPeer(): Promise<NginxPeer> {
  const folder = mkdtempSync(join(tmpdir(), 'showrunner-nginx-'));
  const [httpPort = 0, rtmpPort = 0] = await freePorts(2);
  mkdirSync(join(folder, 'static'));
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, httpPort, rtmpPort));
  const child = spawn('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await eventually('nginx to listen', async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${stderr}`);
    return (await accepts(httpPort)) && (await accepts(rtmpPort));
  });
  return {
    pid: child.pid ?? 0,
    rtmpServer: `rtmp://127.0.0.1:${rtmpPort}/live`,
    http: `http://127.0.0.1:${httpPort}`,
    staticFolder: join(folder, 'static'),
    playlistUrl: (name) => `http://127.0.0.1:${httpPort}/hls/${name}.m3u8`,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
