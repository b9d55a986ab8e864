import { type FSWatcher, readFileSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { type LiveStream, liveStreamSchema, pathText, ruleOfIssue } from '@showrunner/crds';
import type { Logger } from './logger.ts';
import type { Change } from './seams/resource-store.ts';

/** What a media pod is told of its show. */
export interface StreamFiles {
  /** With the hashes of its keys in its status. */
  readonly liveStream: LiveStream;
  /** What ingest and transcoder of this stream show each other. */
  readonly flvToken: string;
}

export interface StreamFolderOptions {
  /** Where the stream's Secret is mounted. */
  readonly path: string;
  readonly logger: Logger;
  /** How often the files are looked at where no event comes, milliseconds. */
  readonly pollMs?: number;
}

const LIVE_STREAM = 'live-stream.json';
const FLV_TOKEN = 'flvToken';
const POLL_MS = 1_000;
const MAX_TOKEN_CHARACTERS = 1_024;

/** A rule that the files break, without anything that stands in them. */
class BrokenFilesError extends Error {}

/**
 * The folder in which a media pod finds its LiveStream (`live-stream.json`) and the token of its FLV link (`flvToken`),
 * followed as it changes. A kubelet writes new files beside the old ones and then swaps one symbolic link, of which the
 * file system tells; where it does not, a look every second finds the change. What is half-written or broken is told in
 * the log once, and what was read before stays valid.
 *
 * `list` and `watch` are those of a ResourceStore that holds this one LiveStream.
 */
export class StreamFolder {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #pollMs: number;
  readonly #listeners = new Set<(files: StreamFiles) => void>();
  readonly #read = Promise.withResolvers<void>();
  #current: StreamFiles | undefined;
  #version = 0;
  /** Which files were read last, well or badly. */
  #seen = '';
  #problem: string | undefined;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor({ path, logger, pollMs = POLL_MS }: StreamFolderOptions) {
    this.#path = path;
    this.#logger = logger;
    this.#pollMs = pollMs;
  }

  /** As last read well. */
  get current(): StreamFiles | undefined {
    return this.#current;
  }

  /**
   * While a show is on air: since when, in milliseconds since the epoch, as whoever follows it saw last. Pods that were not there
   * then have to go on with it.
   */
  get onAirSince(): number | undefined {
    const { startedAt } = this.#current?.liveStream.status ?? {};
    return startedAt === undefined ? undefined : Date.parse(startedAt);
  }

  /** Why the files as they are now cannot be read: a sentence without their content. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Begins to follow the files, and waits until they have been read once. */
  async start(): Promise<void> {
    if (!this.#timer) {
      this.#timer = setInterval(() => this.#look(), this.#pollMs);
      this.#listen();
      this.#look();
    }
    await this.#read.promise;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#read.resolve();
  }

  /** Calls at each change, the first reading included. Answers how to stop listening. */
  onChange(listener: (files: StreamFiles) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits until the files have been read once. */
  async list(_kind: 'LiveStream'): Promise<{ items: LiveStream[]; resourceVersion: string }> {
    await this.#read.promise;
    return { items: this.#current ? [this.#current.liveStream] : [], resourceVersion: String(this.#version) };
  }

  /** Readings after a version; of several in a row only the last one. */
  async *watch(
    _kind: 'LiveStream',
    { from, signal }: { from: string; signal: AbortSignal },
  ): AsyncGenerator<Change<'LiveStream'>> {
    let version = Number(from);
    let wake: () => void = () => undefined;
    const unlisten = this.onChange(() => wake());
    const onAbort = () => wake();
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        if (this.#current && this.#version > version) {
          version = this.#version;
          yield { type: 'modified', object: this.#current.liveStream };
        } else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      unlisten();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #listen(): void {
    try {
      this.#watcher = watch(this.#path, () => this.#look());
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch (error) {
      this.#logger.debug({ err: error }, 'the stream folder tells of no changes; it is looked at instead');
    }
  }

  #look(): void {
    let before: string;
    try {
      before = this.#identity();
    } catch {
      this.#broken('missing', `${this.#path} must hold ${LIVE_STREAM} and ${FLV_TOKEN}; one cannot be found.`);
      return;
    }
    if (before === this.#seen) return;
    try {
      const files = this.#readFiles();
      // Files of two mounts must not be mixed: what changed meanwhile is read at the next look.
      if (this.#identity() !== before) return;
      this.#seen = before;
      this.#problem = undefined;
      this.#current = files;
    } catch (error) {
      const sentence = error instanceof BrokenFilesError ? error.message : `${this.#path} cannot be read.`;
      this.#broken(before, sentence);
      return;
    }
    this.#version += 1;
    this.#read.resolve();
    for (const listener of this.#listeners) listener(this.#current);
  }

  #broken(identity: string, sentence: string): void {
    if (identity === this.#seen) return;
    this.#seen = identity;
    this.#problem = sentence;
    const valid = this.#current ? 'what was read before stays valid' : 'waiting for other ones';
    this.#logger.error({ problem: sentence }, `the files of the stream cannot be used; ${valid}`);
  }

  /** Differs where the files may differ. Throws where one is missing. */
  #identity(): string {
    return [LIVE_STREAM, FLV_TOKEN]
      .map((name) => {
        const { ino, size, mtimeNs } = statSync(join(this.#path, name), { bigint: true });
        return `${ino} ${size} ${mtimeNs}`;
      })
      .join();
  }

  #readFiles(): StreamFiles {
    const liveStream = parse(readFileSync(join(this.#path, LIVE_STREAM), 'utf8'));
    const flvToken = readFileSync(join(this.#path, FLV_TOKEN), 'utf8').trim();
    if (flvToken.length === 0 || flvToken.length > MAX_TOKEN_CHARACTERS) {
      throw new BrokenFilesError(
        `${FLV_TOKEN} has ${flvToken.length} characters; it must have 1 to ${MAX_TOKEN_CHARACTERS}.`,
      );
    }
    const known = this.#current?.liveStream.metadata;
    const { namespace, name } = liveStream.metadata;
    if (known && (known.namespace !== namespace || known.name !== name)) {
      throw new BrokenFilesError(
        `${LIVE_STREAM} is of ${namespace}/${name}; the pod is of ${known.namespace}/${known.name}.`,
      );
    }
    return { liveStream, flvToken };
  }
}

/**
 * Fields that are not known are passed by: while a show runs its pods are older than the operator, and a newer field must not
 * keep a new key from them.
 */
function parse(text: string): LiveStream {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BrokenFilesError(`${LIVE_STREAM} is not JSON.`);
  }
  const { data, error } = liveStreamSchema.safeParse(json, { error: ruleOfIssue });
  if (data) return data;
  const rules = error.issues.map(({ path, message }) => `${pathText(path) || 'it'} ${message}`);
  throw new BrokenFilesError(`${LIVE_STREAM} is no LiveStream: ${rules.join('; ')}.`);
}
