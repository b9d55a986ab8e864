import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { loadConfig } from '@showrunner/service-kit';
import { CommandError } from './commands/command-error.ts';
import { publicUrl, standaloneConfigSchema, type StandaloneConfig } from './config.ts';

const SQLITE_BUSY = 5;

const LOCK_FILE = 'server.lock';
/** Beside the lock, since a locked file cannot be read. */
const ADDRESS_FILE = 'server.address';
/** Somebody who asks whether a server runs holds the lock for less. */
const LOCK_WAIT_MS = 200;

/** What the commands that need a server say where there is none. */
export const NOT_RUNNING = 'Showrunner is not running: `npm start` starts it.';

/** The data folder, for one server. */
export interface ServerLock {
  /** Leaves what the server was started with for commands to find it by. Throws a CommandError. */
  announce(config: StandaloneConfig): void;
  close(): void;
}

/**
 * Keeps a second server off the data folder: both would write every status and take each other's shows for ended. The
 * lock is SQLite's on an empty file, which the system drops with the process, however that ends. Throws a CommandError
 * where another server holds it, with that one's address, or the folder cannot be written.
 */
export function lockForServer(folder: string): ServerLock {
  const addressFile = join(folder, ADDRESS_FILE);
  const database = new DatabaseSync(join(folder, LOCK_FILE), { timeout: LOCK_WAIT_MS });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    const its = addressIn(addressFile);
    throw new CommandError(
      `Another Showrunner runs on the data folder ${folder}${its && `, at ${its}`}. Stop it, or choose another folder with SHOWRUNNER_DATA.`,
    );
  }
  function orSay(change: () => void): void {
    try {
      change();
    } catch (error) {
      throw new CommandError(`The data folder ${folder} cannot be used: ${(error as Error).message}.`, {
        cause: error,
      });
    }
  }
  try {
    // Of one that was killed.
    orSay(() => rmSync(addressFile, { force: true }));
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    announce: ({ data: _data, ...settings }) =>
      orSay(() => {
        const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
        writeFileSync(addressFile, lines.join(''));
      }),
    close() {
      if (!database.isOpen) return;
      rmSync(addressFile, { force: true });
      database.close();
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

/** Path of what the running server has announced, in the form of showrunner.yaml; `undefined` where there is none. */
export function announcedBy(folder: string): string | undefined {
  const file = join(folder, ADDRESS_FILE);
  return existsSync(file) && isServerRunning(folder) ? file : undefined;
}

function addressIn(file: string): string {
  try {
    return publicUrl(loadConfig(standaloneConfigSchema, { env: {}, prefix: '', file }));
  } catch {
    return '';
  }
}
