import { NotFoundError, streamId, type StreamRef } from '@showrunner/service-kit';
import { withDataFolder } from '../data-folder.ts';
import { CommandError } from './command-error.ts';

/** `showrunner delete STREAM`: ends its show and forgets it. */
export async function deleteStream(dataFolder: string, stream: StreamRef): Promise<void> {
  await withDataFolder(dataFolder, async ({ resources }) => {
    try {
      await resources.delete('LiveStream', stream);
    } catch (error) {
      if (error instanceof NotFoundError) throw new CommandError(error.message);
      throw error;
    }
    console.log(`livestream ${streamId(stream)} deleted`);
  });
}
