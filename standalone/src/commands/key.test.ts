import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKeySecret } from '@showrunner/operator/decide';
import { expect, it, onTestFinished } from 'vitest';
import { openDataFolder } from '../data-folder.ts';
import { ensureFirstShow, FIRST_SHOW } from '../first-show.ts';
import { readKey } from './key.ts';

it('reads no key that was made for a deleted stream of the same name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'showrunner-key-'));
  const data = openDataFolder(folder);
  onTestFinished(async () => {
    await data.close();
    rmSync(folder, { recursive: true });
  });
  const { stream } = await ensureFirstShow(data.resources);
  await data.secrets.apply('Secret', newKeySecret(stream, 'a-key-of-some-length'));
  expect((await readKey(data, FIRST_SHOW)).key).toBe('a-key-of-some-length');
  // While no server runs that would take the Secret away with it.
  await data.resources.delete('LiveStream', FIRST_SHOW);
  await ensureFirstShow(data.resources);
  await expect(readKey(data, FIRST_SHOW)).rejects.toThrow('default/live has no stream key yet: start Showrunner');
});
