import { type StreamRef } from '@showrunner/service-kit';
import { publicUrls, type StandaloneConfig } from '../config.ts';
import { openDataFolder } from '../data-folder.ts';
import { flvToken } from '../flv-token.ts';

/** `showrunner flv-url STREAM`: prints the HTTP-FLV address, token included. */
export async function flvUrl(config: StandaloneConfig, stream: StreamRef): Promise<void> {
  const { resources, secrets } = openDataFolder(config.data);
  try {
    const token = await flvToken(secrets);
    console.log(`${publicUrls(config).http}/flv/${stream.namespace}/${stream.name}.flv?token=${token}`);
  } finally {
    await resources.close();
    await secrets.close();
  }
}
