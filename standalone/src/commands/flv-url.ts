import { streamId, type StreamRef } from '@showrunner/service-kit';
import { publicUrl, type StandaloneConfig } from '../config.ts';
import { withDataFolder } from '../data-folder.ts';
import { flvToken } from '../flv-token.ts';
import { isServerRunning, NOT_RUNNING } from '../server-lock.ts';
import { existingStream } from './existing-stream.ts';

/** `showrunner flv-url STREAM`: prints the HTTP-FLV address, token included. */
export async function flvUrl(config: StandaloneConfig, stream: StreamRef): Promise<void> {
  await withDataFolder(config.data, async ({ path, resources, secrets }) => {
    const { metadata } = await existingStream(resources, stream);
    console.log(`${publicUrl(config)}/flv/${streamId(metadata)}.flv?token=${await flvToken(secrets)}`);
    if (!isServerRunning(path)) console.error(NOT_RUNNING);
  });
}
