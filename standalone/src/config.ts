import { isIPv6 } from 'node:net';
import type { Engine } from '@showrunner/crds';
import { z } from 'zod';

const port = z.int().min(1).max(65535);
/** Letters of host names and addresses; no scheme, no port, no path. */
const HOST_NAME = /^[A-Za-z0-9._-]{1,253}$/;

/** Options of the laptop home, from SHOWRUNNER_* variables or showrunner.yaml in the data folder. */
export const standaloneConfigSchema = z.object({
  data: z.string().min(1).default('./data').describe('Folder of everything that is kept.'),
  host: z.string().min(1).default('0.0.0.0').describe('Address to listen on; 127.0.0.1 keeps others out.'),
  publicHost: z
    .string()
    .refine(
      (host) => HOST_NAME.test(host) || isIPv6(host),
      'must be a name or an address alone, such as live.example.org',
    )
    .default('localhost')
    .describe('Name or address under which others reach this machine.'),
  httpPort: port.default(8080),
  rtmpPort: port.default(1935),
  nginxRtmpPort: port.default(1936),
  ffmpeg: z.string().min(1).default('ffmpeg').describe('The ffmpeg program.'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('warn'),
});
export type StandaloneConfig = z.output<typeof standaloneConfigSchema>;

/** A host as it stands in URLs: IPv6 addresses in brackets. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** URL under which viewers reach this machine. */
export function publicUrl(config: StandaloneConfig): string {
  return `http://${urlHost(config.publicHost)}:${config.httpPort}`;
}

/** Where an engine takes its publishers. */
export function rtmpPort(config: StandaloneConfig, engine: Engine): number {
  return engine === 'nginx-rtmp' ? config.nginxRtmpPort : config.rtmpPort;
}

/** What streamers put into the Server field of OBS, by the engine of their stream. */
export function rtmpServers(config: StandaloneConfig): Record<Engine, string> {
  const server = (engine: Engine) => `rtmp://${urlHost(config.publicHost)}:${rtmpPort(config, engine)}/live`;
  return { 'node-media-server': server('node-media-server'), 'nginx-rtmp': server('nginx-rtmp') };
}
