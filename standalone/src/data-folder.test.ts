import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { standaloneConfigSchema } from './config.ts';
import { openDataFolder, withDataFolder } from './data-folder.ts';
import { lockForServer } from './server-lock.ts';

const config = (httpPort: number) => standaloneConfigSchema.parse({ httpPort });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'showrunner-data-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('is made for who starts, and asked for in words by who only asks', async () => {
  const path = join(folder, 'data');
  await expect(withDataFolder(path, async () => 'answer')).rejects.toThrow(
    `${path} is not a data folder: run \`npm start\` first, or name the folder with SHOWRUNNER_DATA.`,
  );
  await openDataFolder(path).close();
  expect(await withDataFolder(path, async ({ resources }) => (await resources.list('LiveStream')).items)).toEqual([]);
});

it('says in words that it cannot be used', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(() => openDataFolder(file)).toThrow(`The data folder ${file} cannot be used: EEXIST`);
  expect(() => openDataFolder('/proc/nowhere/data')).toThrow(
    'The data folder /proc/nowhere/data cannot be used: ENOENT',
  );
  writeFileSync(join(folder, 'secrets.db'), 'this is no database '.repeat(100));
  expect(() => openDataFolder(folder)).toThrow(`The data folder ${folder} cannot be used: file is not a database.`);
});

it('says in words that a server cannot write to it', () => {
  mkdirSync(join(folder, 'server.address'));
  expect(() => lockForServer(folder)).toThrow(`The data folder ${folder} cannot be used: Path is a directory`);
  rmdirSync(join(folder, 'server.address'));
  const lock = lockForServer(folder);
  mkdirSync(join(folder, 'server.address'));
  expect(() => lock.announce(config(8080))).toThrow(`The data folder ${folder} cannot be used: EISDIR`);
  rmdirSync(join(folder, 'server.address'));
  lock.close();
});

it('has one server at a time', () => {
  const first = lockForServer(folder);
  first.announce(config(8081));
  expect(() => lockForServer(folder)).toThrow(
    `Another Showrunner runs on the data folder ${folder}, at http://localhost:8081. Stop it, or choose another folder with SHOWRUNNER_DATA.`,
  );
  // As long as it does not listen yet.
  rmSync(join(folder, 'server.address'));
  expect(() => lockForServer(folder)).toThrow(
    `Another Showrunner runs on the data folder ${folder}. Stop it, or choose another folder with SHOWRUNNER_DATA.`,
  );
  first.close();
  first.close();
  lockForServer(folder).close();
});

it('tells where a server answers only while one does', () => {
  // As one that was killed leaves it.
  writeFileSync(join(folder, 'server.address'), 'httpPort: 8080\n');
  const lock = lockForServer(folder);
  expect(existsSync(join(folder, 'server.address'))).toBe(false);
  lock.announce(config(8081));
  lock.close();
  expect(existsSync(join(folder, 'server.address'))).toBe(false);
});
