import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CommandError } from './commands/command-error.ts';

const SQLITE_BUSY = 5;

const LOCK_FILE = 'server.lock';
/** Somebody who asks whether a server runs holds the lock for less. */
const LOCK_WAIT_MS = 200;

/**
 * Keeps a second server off the data folder: both would write every status and take each other's shows for ended. The
 * lock is SQLite's on an empty file, which the system drops with the process, however that ends. Throws a CommandError
 * where another server holds it, with that one's `address`, or the folder cannot be written.
 */
export function lockForServer(folder: string, address: string): { close(): void } {
  // Beside the lock, since a locked file cannot be read.
  const addressFile = join(folder, 'server.address');
  const database = new DatabaseSync(join(folder, LOCK_FILE), { timeout: LOCK_WAIT_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    const its = readIfThere(addressFile);
    throw new CommandError(
      `Another Showrunner runs on the data folder ${folder}${its && `, at ${its}`}. Stop it, or choose another folder with SHOWRUNNER_DATA.`,
    );
  }
  try {
    writeFileSync(addressFile, `${address}\n`);
  } catch (error) {
    database.close();
    throw new CommandError(`The data folder ${folder} cannot be used: ${(error as Error).message}.`, { cause: error });
  }
  return {
    close() {
      if (database.isOpen) database.close();
    },
  };
}

/** Whether a server has the data folder. */
export function isServerRunning(folder: string): boolean {
  const file = join(folder, LOCK_FILE);
  if (!existsSync(file)) return false;
  const database = new DatabaseSync(file, { readOnly: true, timeout: 0 });
  try {
    database.exec('SELECT * FROM sqlite_schema');
    return false;
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    return true;
  } finally {
    database.close();
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
