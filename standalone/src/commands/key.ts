import type { LiveStream } from '@showrunner/crds';
import type { ResourceStore, StreamRef } from '@showrunner/service-kit';
import { keyIn, keySecretOf, makeStreamKey } from '../controller/stream-key.ts';
import { openDataFolder } from '../data-folder.ts';
import { CommandError } from './command-error.ts';

/** The LiveStream and its current key. Throws a CommandError where there is none. */
export async function readKey(
  stores: { resources: ResourceStore; secrets: ResourceStore },
  stream: StreamRef,
): Promise<{ stream: LiveStream; key: string }> {
  const found = await stores.resources.get('LiveStream', stream);
  if (!found) throw new CommandError(`There is no LiveStream ${stream.namespace}/${stream.name}.`);
  const { namespace, name, entry } = keySecretOf(found);
  const key = keyIn(await stores.secrets.get('Secret', { namespace, name }), entry);
  if (!key)
    throw new CommandError(
      `${stream.namespace}/${stream.name} has no key yet: start Showrunner, or mend Secret "${name}".`,
    );
  return { stream: found, key };
}

/** `showrunner key STREAM`: prints the stream key. */
export async function showKey(dataFolder: string, stream: StreamRef): Promise<void> {
  const stores = openDataFolder(dataFolder);
  try {
    console.log((await readKey(stores, stream)).key);
  } finally {
    await stores.resources.close();
    await stores.secrets.close();
  }
}

/** `showrunner key rotate STREAM`: makes a new key and prints it; the old one works for `keyRotationGrace` longer. */
export async function rotateKey(dataFolder: string, ref: StreamRef): Promise<void> {
  const stores = openDataFolder(dataFolder);
  try {
    const { stream } = await readKey(stores, ref);
    const { namespace, name, entry } = keySecretOf(stream);
    const secret = await stores.secrets.get('Secret', { namespace, name });
    const key = makeStreamKey();
    await stores.secrets.apply('Secret', { ...secret, stringData: { [entry]: key } });
    console.log(key);
    console.error(`The former key is accepted for another ${stream.spec.ingest.keyRotationGrace}.`);
  } finally {
    await stores.resources.close();
    await stores.secrets.close();
  }
}
