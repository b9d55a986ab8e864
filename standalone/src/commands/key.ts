import type { LiveStream } from '@showrunner/crds';
import { isLeftOver, keyIn, keySecretOf, makeStreamKey } from '@showrunner/operator/decide';
import { ConflictError, streamId, type ResourceStore, type StreamRef } from '@showrunner/service-kit';
import { withDataFolder } from '../data-folder.ts';
import { CommandError } from './command-error.ts';
import { existingStream } from './existing-stream.ts';

/** The LiveStream and its current key. Throws a CommandError where there is none. */
export async function readKey(
  stores: { resources: ResourceStore; secrets: ResourceStore },
  stream: StreamRef,
): Promise<{ stream: LiveStream; key: string }> {
  const found = await existingStream(stores.resources, stream);
  const { namespace, name, entry, named } = keySecretOf(found);
  const secret = await stores.secrets.get('Secret', { namespace, name });
  // One that was made for a deleted stream of this name is replaced at the next start.
  const key = secret && !named && isLeftOver(secret, found) ? undefined : keyIn(secret, entry);
  if (!key) {
    throw new CommandError(
      `${streamId(stream)} has no stream key yet: start Showrunner, which makes one, or apply a Secret "${name}" with an entry "${entry}".`,
    );
  }
  return { stream: found, key };
}

/** `showrunner key STREAM`: prints the stream key. */
export async function showKey(dataFolder: string, stream: StreamRef): Promise<void> {
  const { key } = await withDataFolder(dataFolder, (stores) => readKey(stores, stream));
  console.log(key);
}

/** `showrunner key rotate STREAM`: makes a new key and prints it; the old one works for `keyRotationGrace` longer. */
export async function rotateKey(dataFolder: string, ref: StreamRef): Promise<void> {
  await withDataFolder(dataFolder, async (stores) => {
    const { stream } = await readKey(stores, ref);
    const { namespace, name, entry } = keySecretOf(stream);
    const secret = await stores.secrets.get('Secret', { namespace, name });
    const key = makeStreamKey();
    try {
      await stores.secrets.apply('Secret', { ...secret, stringData: { [entry]: key } });
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      throw new CommandError(`The key of ${streamId(ref)} was changed by somebody else just now: try again.`);
    }
    console.log(key);
    console.error(
      `${streamId(ref)} has a new key; the former one is accepted for another ${stream.spec.ingest.keyRotationGrace}.`,
    );
  });
}
