import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parseLiveStream, parseSecret, type LiveStream } from '@showrunner/crds';
import { ConflictError, streamId, type Kind, type Kinds } from '@showrunner/service-kit';
import { parseAllDocuments } from 'yaml';
import { openDataFolder } from '../data-folder.ts';
import { isServerRunning } from '../server-lock.ts';
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

type Resource = Kinds[Kind];
type Parsed = { kind: Kind; value: unknown; key: { namespace: string; name: string } };

/** Every resource of the file, checked, so that a wrong one is told before any is applied. */
function check(file: string, documents: readonly unknown[]): Parsed[] {
  const parsed: Parsed[] = [];
  const problems: string[] = [];
  for (const document of documents) {
    const { kind } = (document ?? {}) as { kind?: unknown };
    if (kind !== 'Secret' && kind !== 'LiveStream') {
      const found = kind === undefined ? 'This one has none' : `${JSON.stringify(kind)} is not known here`;
      throw new CommandError(`${file}: a resource begins with its kind, LiveStream or Secret. ${found}.`);
    }
    const result = kind === 'Secret' ? parseSecret(document) : parseLiveStream(document);
    const which = documents.length > 1 ? `${kind} ${nameOf(document)}: ` : '';
    if (result.ok) parsed.push({ kind, value: document, key: result.value.metadata });
    else problems.push(...result.problems.map((problem) => `${file}: ${which}${problem}`));
  }
  if (problems.length > 0) throw new CommandError(problems.join('\n'));
  return parsed;
}

function nameOf(document: unknown): string {
  const name = (document as { metadata?: { name?: unknown } | null }).metadata?.name;
  return typeof name === 'string' ? name : '(without a name)';
}

/** What it was before; `unreadable` where it breaks a rule of this version, which an apply mends. */
type Before = Resource | 'unreadable' | undefined;

/** What an apply has done, in kubectl's words. */
function outcomeOf(before: Before, after: Resource): 'created' | 'configured' | 'unchanged' {
  if (before === undefined) return 'created';
  return before !== 'unreadable' && isDeepStrictEqual(asAppliedBy(before), asAppliedBy(after))
    ? 'unchanged'
    : 'configured';
}

/** Without what a running server writes. */
function asAppliedBy({ metadata, ...resource }: Resource): unknown {
  return { ...resource, metadata: { ...metadata, resourceVersion: undefined }, status: undefined };
}

function isOnAir({ status }: LiveStream): boolean {
  return status.phase === 'Live' || status.phase === 'Reconnecting';
}

/** What is to be known of a LiveStream that was applied, beside that. */
function remarksOn(before: Before, after: LiveStream, isServed: boolean, now: number): string[] {
  const remarks: string[] = [];
  // A server that was killed has left its shows as they were.
  const hasShow = (stream: LiveStream) => isServed && isOnAir(stream);
  const known = before !== 'unreadable' && before?.kind === 'LiveStream' ? before : undefined;
  // Settings of the transcoder hold for a whole show.
  if (known && hasShow(known) && !isDeepStrictEqual(known.spec.transcode, after.spec.transcode)) {
    remarks.push('A show is on: spec.transcode changes with the next one.');
  }
  const { startAt } = after.spec;
  const planned = Date.parse(startAt ?? '');
  const hasRun = hasShow(after) || Date.parse(after.status.endedAt ?? '') > planned;
  // No error: a file may be applied again after its show.
  if (planned <= now && !hasRun && after.spec.enabled) {
    remarks.push(`spec.startAt: ${startAt} has passed: nobody sees a countdown, and the show begins when OBS sends.`);
  }
  return remarks;
}

/** `showrunner apply -f FILE`: creates or changes the resources in a YAML file, all of them or, if one is wrong, none. */
export async function apply(dataFolder: string, file: string): Promise<void> {
  const documents = await readDocuments(file);
  if (documents.length === 0) throw new CommandError(`${file} holds no resource.`);
  const checked = check(file, documents);
  const data = openDataFolder(dataFolder);
  try {
    for (const { kind, value, key } of checked) {
      const store = kind === 'Secret' ? data.secrets : data.resources;
      const before: Before = await store.get(kind, key).catch(() => 'unreadable');
      const after = await store.apply(kind, value);
      const what = `${kind.toLowerCase()} ${streamId(key)}`;
      console.log(`${what} ${outcomeOf(before, after)}`);
      if (after.kind !== 'LiveStream') continue;
      const isServed = isServerRunning(dataFolder);
      for (const remark of remarksOn(before, after, isServed, Date.now())) console.error(`${what}: ${remark}`);
    }
  } catch (error) {
    if (error instanceof ConflictError) throw new CommandError(`${file}: ${error.message}`);
    throw error;
  } finally {
    await data.close();
  }
}
