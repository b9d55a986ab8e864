import { readFile } from 'node:fs/promises';
import { InvalidResourceError } from '@showrunner/service-kit';
import { parseAllDocuments } from 'yaml';
import { openDataFolder } from '../data-folder.ts';
import { CommandError } from './command-error.ts';

const MAX_FILE_BYTES = 1024 * 1024;

async function readDocuments(file: string): Promise<unknown[]> {
  let text: string;
  try {
    text = await readFile(file === '-' ? '/dev/stdin' : file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) throw new CommandError(`${file} is larger than 1 MiB.`);
  const documents = parseAllDocuments(text);
  const broken = documents.find((document) => document.errors.length > 0);
  if (broken) throw new CommandError(`${file} is not YAML: ${broken.errors[0]!.message}`);
  return documents
    .map((document) => document.toJS({ maxAliasCount: 100 }) as unknown)
    .filter((value) => value !== null);
}

/** `showrunner apply -f FILE`: creates or changes the resources in a YAML file, all of them or, if one is wrong, none. */
export async function apply(dataFolder: string, file: string): Promise<void> {
  const documents = await readDocuments(file);
  if (documents.length === 0) throw new CommandError(`${file} holds no resource.`);
  const { resources, secrets } = openDataFolder(dataFolder);
  try {
    for (const document of documents) {
      const { kind, apiVersion } = document as { kind?: unknown; apiVersion?: unknown };
      const store = kind === 'Secret' ? secrets : kind === 'LiveStream' ? resources : undefined;
      if (!store) throw new CommandError(`${file}: kind "${String(kind)}" (${String(apiVersion)}) is not known here.`);
      const applied =
        kind === 'Secret' ? await secrets.apply('Secret', document) : await resources.apply('LiveStream', document);
      console.log(`${applied.kind.toLowerCase()} ${applied.metadata.namespace}/${applied.metadata.name} applied`);
    }
  } catch (error) {
    if (error instanceof InvalidResourceError) throw new CommandError(`${file}: ${error.problems.join('\n')}`);
    throw error;
  } finally {
    await resources.close();
    await secrets.close();
  }
}
