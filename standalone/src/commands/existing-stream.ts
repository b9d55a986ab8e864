import type { LiveStream } from '@showrunner/crds';
import { streamId, type ResourceStore, type StreamRef } from '@showrunner/service-kit';
import { CommandError } from './command-error.ts';

/** The LiveStream of that name. Throws a CommandError where there is none. */
export async function existingStream(resources: ResourceStore, stream: StreamRef): Promise<LiveStream> {
  const found = await resources.get('LiveStream', stream);
  if (found) return found;
  const { items } = await resources.list('LiveStream');
  const other = items[0];
  const others = other
    ? `Name another one, such as ${streamId(other.metadata)}: \`showrunner get\` lists them.`
    : 'There is none at all: `npm start` makes a first one, and `showrunner apply -f FILE` any other.';
  throw new CommandError(`There is no LiveStream ${streamId(stream)}. ${others}`);
}
