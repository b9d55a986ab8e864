import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parseLiveStream, parseSecret, type LiveStream } from '@showrunner/crds';
import { ConflictError, streamId } from '@showrunner/service-kit';
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
    const { kind } = (document ?? {}) as { kind?: unknown };
    if (kind !== 'Secret' && kind !== 'LiveStream') {
      const found = kind === undefined ? 'This one has none' : `${JSON.stringify(kind)} is not known here`;
      throw new CommandError(`${file}: a resource begins with its kind, LiveStream or Secret. ${found}.`);
    }
    const result = kind === 'Secret' ? parseSecret(document) : parseLiveStream(document);
    const which = documents.length > 1 ? `${kind} ${nameOf(document)}: ` : '';
    const problems = result.ok ? [] : result.problems.map((problem) => which + problem);
    return { kind, value: document, problems } as const;
  });
  const problems = parsed.flatMap((resource) => resource.problems);
  if (problems.length > 0) throw new CommandError(problems.map((problem) => `${file}: ${problem}`).join('\n'));
  return parsed;
}

function nameOf(document: unknown): string {
  const name = (document as { metadata?: { name?: unknown } | null }).metadata?.name;
  return typeof name === 'string' ? name : '(without a name)';
}

/** Settings of the transcoder hold for a whole show. */
function waitsForNextShow(before: LiveStream | undefined, after: LiveStream): boolean {
  const isOn = before?.status.phase === 'Live' || before?.status.phase === 'Reconnecting';
  return isOn && !isDeepStrictEqual(before.spec.transcode, after.spec.transcode);
}

/** `showrunner apply -f FILE`: creates or changes the resources in a YAML file, all of them or, if one is wrong, none. */
export async function apply(dataFolder: string, file: string): Promise<void> {
  const documents = await readDocuments(file);
  if (documents.length === 0) throw new CommandError(`${file} holds no resource.`);
  const checked = check(file, documents);
  const data = openDataFolder(dataFolder);
  try {
    const { items } = await data.resources.list('LiveStream');
    const streams = new Map(items.map((item) => [streamId(item.metadata), item]));
    for (const { kind, value } of checked) {
      const store = kind === 'Secret' ? data.secrets : data.resources;
      const applied = await store.apply(kind, value);
      const id = streamId(applied.metadata);
      const later = applied.kind === 'LiveStream' && waitsForNextShow(streams.get(id), applied);
      console.log(
        `${kind.toLowerCase()} ${id} applied${later ? '; a show is on: transcode changes with the next one' : ''}`,
      );
    }
  } catch (error) {
    if (error instanceof ConflictError) throw new CommandError(`${file}: ${error.message}`);
    throw error;
  } finally {
    await data.close();
  }
}
