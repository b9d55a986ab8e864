import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { nginxConfig, type NginxConfigOptions } from './nginx-config.ts';
import { DEBIAN_NGINX } from './nginx-process.ts';

const options: NginxConfigOptions = {
  module: '/usr/lib/nginx/modules/ngx_rtmp_module.so',
  folder: '/tmp/showrunner-nginx-abc',
  port: 41_936,
  sendTimeoutMs: 5_000,
  maxMessageBytes: 8_388_608,
  maxPublishers: 1_000,
};
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

it('is one process that asks us who may publish, and plays for us alone', () => {
  expect(nginxConfig(options)).toBe(`load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
master_process off;
worker_processes 1;
pid /tmp/showrunner-nginx-abc/nginx.pid;
error_log stderr warn;
events {
  worker_connections 2064;
}
rtmp {
  access_log off;
  max_connections 2000;
  timeout 5000ms;
  ping 30s;
  ping_timeout 10s;
  buflen 0;
  out_queue 4096;
  chunk_size 65535;
  max_message 8388608;
  server {
    listen 127.0.0.1:41936;
    listen unix:/tmp/showrunner-nginx-abc/play.sock;
    application live {
      live on;
      meta copy;
      deny play all;
      on_publish unix:/tmp/showrunner-nginx-abc/callbacks.sock:/publish;
      on_publish_done unix:/tmp/showrunner-nginx-abc/callbacks.sock:/publish-done;
    }
  }
}
http {
  access_log off;
  client_body_temp_path /tmp/showrunner-nginx-abc/body;
  proxy_temp_path /tmp/showrunner-nginx-abc/proxy;
  fastcgi_temp_path /tmp/showrunner-nginx-abc/fastcgi;
  uwsgi_temp_path /tmp/showrunner-nginx-abc/uwsgi;
  scgi_temp_path /tmp/showrunner-nginx-abc/scgi;
  server {
    listen unix:/tmp/showrunner-nginx-abc/control.sock;
    location = /stat {
      rtmp_stat all;
    }
    location = /control/drop/publisher {
      rtmp_control drop;
    }
  }
}
`);
});

it('is what the real nginx takes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'showrunner-nginx-'));
  folders.push(folder);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, nginxConfig({ ...options, folder }));
  const test = promisify(execFile)(DEBIAN_NGINX.program, ['-t', '-p', folder, '-c', file, '-e', 'stderr']);
  expect((await test).stderr).toContain('test is successful');
});

it('holds nothing that would end a directive or a path', () => {
  expect(() => nginxConfig({ ...options, folder: '/tmp/with space' })).toThrow(
    'The path "/tmp/with space" cannot stand in nginx\'s configuration',
  );
  expect(() => nginxConfig({ ...options, folder: '/tmp/$uri' })).toThrow('only letters, digits and . _ - / may');
});
