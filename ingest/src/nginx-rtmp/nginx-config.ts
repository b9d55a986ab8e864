import { join } from 'node:path';
import { ANNOUNCED_CHUNK_BYTES } from '../rtmp/announced-chunk-size.ts';

export interface NginxConfigOptions {
  /** Path of ngx_rtmp_module.so. */
  readonly module: string;
  /** Where all that nginx writes goes: readable by its owner alone, for who reaches its sockets may play and drop. */
  readonly folder: string;
  /** Of this machine's loopback, where publishers that were let in are passed on to. */
  readonly port: number;
  /** A client that takes nothing for so long is hung up on. */
  readonly sendTimeoutMs: number;
  /** Longest message, in bytes. */
  readonly maxMessageBytes: number;
  /** Most publishers, present and to come. */
  readonly maxPublishers: number;
}

/** The sockets between nginx and us, in the folder that both are given. */
export interface NginxSockets {
  /** We listen: nginx asks who may publish. */
  readonly callbacks: string;
  /** nginx listens: streams are played from here. */
  readonly play: string;
  /** nginx listens: statistics, and publishers to be dropped. */
  readonly control: string;
}

export const NGINX_APP = 'live';
export const LOOPBACK = '127.0.0.1';
/** Messages that may wait for our player. It plays in this process, which may be busy for a moment; the rest is dropped. */
const OUT_QUEUE = 4096;
/** What goes unquoted into the configuration: nothing that ends a directive or begins a variable. */
const PLAIN_PATH = /^\/[A-Za-z0-9._/-]*$/;

export function nginxSockets(folder: string): NginxSockets {
  return {
    callbacks: join(folder, 'callbacks.sock'),
    play: join(folder, 'play.sock'),
    control: join(folder, 'control.sock'),
  };
}

/**
 * The whole configuration of an nginx that takes publishers in for us (nginx-rtmp-module 1.2.2, its wiki's Directives page).
 * Throws a sentence for a path that cannot stand in it.
 *
 * - One process, which neither forks nor changes its user: killed, it leaves no worker behind that would hold the port.
 * - Nothing is logged that a client sends: no access log, errors from `warn` on.
 * - Strangers are kept from it (`NginxSession`), so TCP is for this machine alone. A Unix socket is no way in for publishers:
 *   nginx takes them for its own there, and does not ask.
 * - `deny play`: over TCP nobody may play; its rules do not reach the Unix socket, which the folder guards.
 * - `buflen 0`, for with any other value nginx collects messages for a player before it sends them.
 * - `meta copy`, for otherwise it writes metadata of its own.
 */
export function nginxConfig(options: NginxConfigOptions): string {
  const { module, folder } = options;
  for (const path of [module, folder]) {
    if (!PLAIN_PATH.test(path)) {
      throw new Error(
        `The path "${path}" cannot stand in nginx's configuration: only letters, digits and . _ - / may.`,
      );
    }
  }
  const sockets = nginxSockets(folder);
  // Each publisher has a player of ours.
  const connections = 2 * options.maxPublishers;
  return `load_module ${module};
daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr warn;
events {
  worker_connections ${connections + 64};
}
rtmp {
  access_log off;
  max_connections ${connections};
  timeout ${options.sendTimeoutMs}ms;
  ping 30s;
  ping_timeout 10s;
  buflen 0;
  out_queue ${OUT_QUEUE};
  chunk_size ${ANNOUNCED_CHUNK_BYTES};
  max_message ${options.maxMessageBytes};
  server {
    listen ${LOOPBACK}:${options.port};
    listen unix:${sockets.play};
    application ${NGINX_APP} {
      live on;
      meta copy;
      deny play all;
      on_publish unix:${sockets.callbacks}:/publish;
      on_publish_done unix:${sockets.callbacks}:/publish-done;
    }
  }
}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen unix:${sockets.control};
    location = /stat {
      rtmp_stat all;
    }
    location = /control/drop/publisher {
      rtmp_control drop;
    }
  }
}
`;
}
