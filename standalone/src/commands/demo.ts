import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import type { StreamRef } from '@showrunner/service-kit';
import { publicUrl, rtmpPort, urlHost, type StandaloneConfig } from '../config.ts';
import { withDataFolder } from '../data-folder.ts';
import { CommandError } from './command-error.ts';
import { readKey } from './key.ts';

const FRAME_RATE = 30;
const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);

/** ffmpeg's arguments: a moving test picture with a running clock, and a tone, as OBS would send them. */
export function demoArguments(url: string): string[] {
  const input = (source: string) => ['-re', '-f', 'lavfi', '-i', source];
  return [
    // Its errors name the address, and with it the key.
    ...['-hide_banner', '-loglevel', 'quiet', '-nostdin'],
    ...input(`testsrc2=size=1280x720:rate=${FRAME_RATE}`),
    ...input('sine=frequency=440:beep_factor=4:sample_rate=48000'),
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
    ...['-b:v', '2500k', '-maxrate', '2500k', '-bufsize', '2500k', '-g', String(2 * FRAME_RATE)],
    ...['-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-af', 'volume=0.2'],
    ...['-f', 'flv', url],
  ];
}

function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** `showrunner demo`: publishes the test picture to a stream until Ctrl-C. */
export async function demo(config: StandaloneConfig, stream: StreamRef): Promise<void> {
  const host = EVERY_ADDRESS.has(config.host) ? '127.0.0.1' : config.host;
  const { stream: found, key } = await withDataFolder(config.data, (stores) => readKey(stores, stream));
  const port = rtmpPort(config, found.spec.ingest.engine);
  if (!(await isListening(host, port))) {
    throw new CommandError(`Nothing listens on port ${port}. Run \`npm start\` first, in another terminal.`);
  }
  const args = demoArguments(`rtmp://${urlHost(host)}:${port}/live/${key}`);
  const ffmpeg = spawn(config.ffmpeg, args, { stdio: 'ignore' });
  const page = `${publicUrl(config)}/watch/${stream.namespace}/${stream.name}`;
  ffmpeg.once('spawn', () => console.log(`On air: ${page} (Ctrl-C stops it)`));
  let stopped = false;
  const stop = () => {
    stopped = true;
    ffmpeg.kill('SIGINT');
  };
  // Not once: a terminal and the npm above it both pass a Ctrl-C on.
  process.on('SIGINT', stop).on('SIGTERM', stop);
  await new Promise<void>((resolve, reject) => {
    ffmpeg.once('error', (error) => reject(new CommandError(`${config.ffmpeg} cannot be started: ${error.message}`)));
    ffmpeg.once('exit', () => {
      if (stopped) resolve();
      else reject(new CommandError('The server let the test picture go; its terminal says why.'));
    });
  });
}
