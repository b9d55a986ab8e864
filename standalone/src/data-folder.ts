import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SqliteResourceStore } from '@showrunner/service-kit';

/** Opens what is kept in the data folder: resources, and apart from them Secrets, readable by their owner alone. */
export function openDataFolder(folder: string): {
  path: string;
  resources: SqliteResourceStore;
  secrets: SqliteResourceStore;
} {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return {
    path,
    resources: new SqliteResourceStore({ path: join(path, 'resources.db'), kinds: ['LiveStream'] }),
    secrets: new SqliteResourceStore({ path: join(path, 'secrets.db'), kinds: ['Secret'] }),
  };
}
