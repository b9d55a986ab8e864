import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readKey } from './commands/key.ts';
import { openDataFolder, type DataFolder } from './data-folder.ts';
import { ensureFirstShow, FIRST_SHOW } from './first-show.ts';

let folder: string;
let data: DataFolder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'showrunner-first-'));
  data = openDataFolder(folder);
});
afterEach(async () => {
  await data.close();
  rmSync(folder, { recursive: true });
});

const apply = (name: string, spec: object = {}) =>
  data.resources.apply('LiveStream', {
    ...{ apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: { name }, spec },
  });
const spokenOf = async () => {
  const { stream, isFirst } = await ensureFirstShow(data.resources);
  return `${stream.metadata.name}${isFirst ? ', the first' : ''}`;
};

describe('the show that the first lines speak of', () => {
  it('is default/live, made where there is none at all', async () => {
    expect(await spokenOf()).toBe('live, the first');
    await apply('another');
    expect(await spokenOf()).toBe('live');
  });

  it('is another one where that was deleted, and one that takes publishers', async () => {
    await apply('ant', { enabled: false });
    expect(await spokenOf()).toBe('ant');
    await apply('zebra');
    expect(await spokenOf()).toBe('zebra');
    await apply('live', { enabled: false });
    expect(await spokenOf()).toBe('zebra');
  });
});

it('is not there: whoever asks for it is told of another one', async () => {
  await expect(readKey(data, FIRST_SHOW)).rejects.toThrow(
    'There is no LiveStream default/live. There is none at all: `npm start` makes a first one, and `showrunner apply -f FILE` any other.',
  );
  await apply('zebra');
  await expect(readKey(data, FIRST_SHOW)).rejects.toThrow(
    'There is no LiveStream default/live. Name another one, such as default/zebra: `showrunner get` lists them.',
  );
});
