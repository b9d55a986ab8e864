import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { standaloneConfigSchema } from '../config.ts';
import { openDataFolder } from '../data-folder.ts';
import { ensureFirstShow, FIRST_SHOW } from '../first-show.ts';
import { lockForServer } from '../server-lock.ts';
import { flvUrl } from './flv-url.ts';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'showrunner-flv-url-'));
  const data = openDataFolder(folder);
  await ensureFirstShow(data.resources);
  await data.close();
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

it('prints the address alone, and says beside it where nobody answers there', async () => {
  const [log, error] = [vi.spyOn(console, 'log').mockReturnValue(), vi.spyOn(console, 'error').mockReturnValue()];
  const config = standaloneConfigSchema.parse({ data: folder });
  const lock = lockForServer(folder);
  await flvUrl(config, FIRST_SHOW);
  expect(error).not.toHaveBeenCalled();
  lock.close();
  await flvUrl(config, FIRST_SHOW);
  expect(error.mock.calls).toEqual([['Showrunner is not running: `npm start` starts it.']]);
  const [[address], [again]] = log.mock.calls as [[string], [string]];
  expect(address).toMatch(/^http:\/\/localhost:8080\/flv\/default\/live\.flv\?token=[\w-]{32}$/);
  expect(again).toBe(address);
});
