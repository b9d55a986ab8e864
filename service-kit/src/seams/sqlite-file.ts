import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const OWNER_ONLY = 0o600;
const ANYBODY_ELSE = 0o077;
/** Raised when the tables change; a file of a newer format is refused. */
const FORMAT = 1;
/** How long a write waits for another process that writes, in milliseconds. Writes take well under one. */
const BUSY_TIMEOUT_MS = 2_000;
const RETRY_MS = 10;
const SQLITE_BUSY = 5;

const TABLES = `
  CREATE TABLE resources (
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    object TEXT NOT NULL,
    PRIMARY KEY (kind, namespace, name)
  ) STRICT, WITHOUT ROWID;

  -- What happened, in order. AUTOINCREMENT: a version is never given twice, even after all rows are pruned.
  CREATE TABLE changes (
    version INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL
  ) STRICT;
`;

/**
 * Opens a store's file, made where there is none; its owner alone may read it. Write-ahead logging lets several
 * processes read while one writes. Throws where the file cannot be kept private or has a newer format.
 */
export function openSqliteFile(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  keepPrivate(path);
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    useWriteAheadLog(database);
    // Kept through a crash of the process; the last writes may be lost with the machine's power. A full sync would
    // hold up the media that this thread carries.
    database.exec('PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; BEGIN IMMEDIATE');
    const format = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (format > FORMAT) {
      throw new Error(`${path} was written by a newer Showrunner: its format is ${format}, this one knows ${FORMAT}.`);
    }
    if (format === 0) database.exec(`${TABLES} PRAGMA user_version = ${FORMAT}`);
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The one switch for which SQLite itself does not wait: two processes that make the file together collide here. */
function useWriteAheadLog(database: DatabaseSync): void {
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY || waited >= BUSY_TIMEOUT_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** Makes the file, and mends the mode of one that others may read. SQLite gives its -wal and -shm the same mode. */
function keepPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', OWNER_ONLY));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? OWNER_ONLY;
    if ((mode & ANYBODY_ELSE) === 0) continue;
    try {
      chmodSync(file, OWNER_ONLY);
    } catch (error) {
      const bits = (mode & 0o777).toString(8);
      throw new Error(`${file} can be read by others (mode ${bits}) and must not be: chmod 600 it.`, { cause: error });
    }
  }
}
