import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CommandError } from './commands/command-error.ts';

const SQLITE_BUSY = 5;

/**
 * Keeps a second server off the data folder: both would write every status and take each other's shows for ended. The
 * lock is SQLite's on an empty file, which the system drops with the process, however that ends. Throws a CommandError
 * where another server holds it.
 */
export function lockForServer(folder: string): { close(): void } {
  const database = new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new CommandError(
      `Another Showrunner runs on the data folder ${folder}. Stop it, or choose another folder with SHOWRUNNER_DATA.`,
    );
  }
  return {
    close() {
      if (database.isOpen) database.close();
    },
  };
}
