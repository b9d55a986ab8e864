import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SqliteResourceStore } from '@showrunner/service-kit';
import { CommandError } from './commands/command-error.ts';

/** What is kept: resources, and apart from them Secrets. */
export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  readonly resources: SqliteResourceStore;
  readonly secrets: SqliteResourceStore;
  close(): Promise<void>;
}

const RESOURCES_FILE = 'resources.db';

/** Opens the data folder, readable by its owner alone; makes it where there is none. Throws a CommandError. */
export function openDataFolder(folder: string): DataFolder {
  const path = resolve(folder);
  let resources: SqliteResourceStore | undefined;
  try {
    makeFolder(path);
    resources = new SqliteResourceStore({ path: join(path, RESOURCES_FILE), kinds: ['LiveStream'] });
    const secrets = new SqliteResourceStore({ path: join(path, 'secrets.db'), kinds: ['Secret'] });
    const stores = [resources, secrets];
    return {
      path,
      resources,
      secrets,
      async close() {
        for (const store of stores) await store.close();
      },
    };
  } catch (error) {
    void resources?.close();
    throw new CommandError(`The data folder ${path} cannot be used: ${(error as Error).message}.`, { cause: error });
  }
}

/** Folder by folder: where one cannot be made, as in /proc, mkdir's own `recursive` may try for ever. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been quicker.
    if (!existsSync(path)) throw error;
  }
}

/**
 * Hands the data folder to a command and closes it after. Throws a CommandError where there is none: a command that only
 * asks would else answer out of an empty one, made in whatever folder it was called in.
 */
export async function withDataFolder<T>(folder: string, command: (data: DataFolder) => Promise<T>): Promise<T> {
  const path = resolve(folder);
  if (!existsSync(join(path, RESOURCES_FILE))) {
    throw new CommandError(
      `${path} is not a data folder: run \`npm start\` first, or name the folder with SHOWRUNNER_DATA.`,
    );
  }
  const data = openDataFolder(path);
  try {
    return await command(data);
  } finally {
    await data.close();
  }
}
