import { streamId, type StreamRef } from '@showrunner/service-kit';
import { publicUrls, type StandaloneConfig } from '../config.ts';
import { withDataFolder } from '../data-folder.ts';
import { flvToken } from '../flv-token.ts';
import { CommandError } from './command-error.ts';

/** `showrunner flv-url STREAM`: prints the HTTP-FLV address, token included. */
export async function flvUrl(config: StandaloneConfig, stream: StreamRef): Promise<void> {
  await withDataFolder(config.data, async ({ resources, secrets }) => {
    const id = streamId(stream);
    if (!(await resources.get('LiveStream', stream))) throw new CommandError(`There is no LiveStream ${id}.`);
    console.log(`${publicUrls(config).http}/flv/${id}.flv?token=${await flvToken(secrets)}`);
  });
}
