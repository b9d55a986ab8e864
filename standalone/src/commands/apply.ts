import { readFile } from 'node:fs/promises';
import { parseLiveStream, parseSecret } from '@showrunner/crds';
import { ConflictError } from '@showrunner/service-kit';
import { parseAllDocuments } from 'yaml';
import { openDataFolder } from '../data-folder.ts';
import { CommandError } from './command-error.ts';

const MAX_FILE_BYTES = 1024 * 1024;
const MAX_ALIASES = 100;

async function readDocuments(file: string): Promise<unknown[]> {
  let text: string;
  try {
    text = await readFile(file === '-' ? '/dev/stdin' : file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) throw new CommandError(`${file} is larger than 1 MiB.`);
  try {
    return parseAllDocuments(text)
      .map((document) => {
        if (document.errors[0]) throw document.errors[0];
        const value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
        // A value that holds itself, as an alias can say, is no resource.
        JSON.stringify(value);
        return value;
      })
      .filter((value) => value !== null);
  } catch (error) {
    throw new CommandError(`${file} is not YAML that can be read: ${(error as Error).message.split('\n')[0]}`);
  }
}

type Parsed = { kind: 'Secret' | 'LiveStream'; value: unknown };

/** Every resource of the file, checked, so that a wrong one is told before any is applied. */
function check(file: string, documents: readonly unknown[]): Parsed[] {
  const parsed = documents.map((document) => {
    const { kind, apiVersion } = (document ?? {}) as { kind?: unknown; apiVersion?: unknown };
    if (kind !== 'Secret' && kind !== 'LiveStream') {
      throw new CommandError(
        `${file}: kind ${JSON.stringify(kind)} of ${JSON.stringify(apiVersion)} is not known here.`,
      );
    }
    const result = kind === 'Secret' ? parseSecret(document) : parseLiveStream(document);
    return { kind, value: document, problems: result.ok ? [] : result.problems } as const;
  });
  const problems = parsed.flatMap((resource) => resource.problems);
  if (problems.length > 0) throw new CommandError(problems.map((problem) => `${file}: ${problem}`).join('\n'));
  return parsed;
}

/** `showrunner apply -f FILE`: creates or changes the resources in a YAML file, all of them or, if one is wrong, none. */
export async function apply(dataFolder: string, file: string): Promise<void> {
  const documents = await readDocuments(file);
  if (documents.length === 0) throw new CommandError(`${file} holds no resource.`);
  const checked = check(file, documents);
  const data = openDataFolder(dataFolder);
  try {
    for (const { kind, value } of checked) {
      const store = kind === 'Secret' ? data.secrets : data.resources;
      const { metadata } = await store.apply(kind, value);
      console.log(`${kind.toLowerCase()} ${metadata.namespace}/${metadata.name} applied`);
    }
  } catch (error) {
    if (error instanceof ConflictError) throw new CommandError(`${file}: ${error.message}`);
    throw error;
  } finally {
    await data.close();
  }
}
