import { NotFoundError, type StreamRef } from '@showrunner/service-kit';
import { openDataFolder } from '../data-folder.ts';
import { CommandError } from './command-error.ts';

/** `showrunner delete STREAM`: ends its show and forgets it. */
export async function deleteStream(dataFolder: string, stream: StreamRef): Promise<void> {
  const { resources, secrets } = openDataFolder(dataFolder);
  try {
    await resources.delete('LiveStream', stream);
    console.log(`livestream ${stream.namespace}/${stream.name} deleted`);
  } catch (error) {
    if (error instanceof NotFoundError)
      throw new CommandError(`There is no LiveStream ${stream.namespace}/${stream.name}.`);
    throw error;
  } finally {
    await resources.close();
    await secrets.close();
  }
}
