import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const dockerfile = read('Dockerfile');

describe('the Dockerfile', () => {
  it('takes the Node that everything else is run by', () => {
    expect(dockerfile.match(/NODE_VERSION=(\S+)/)?.[1]).toBe(read('.node-version').trim());
  });

  it('knows every workspace before it installs, as package-lock.json does', () => {
    const copied = [...dockerfile.matchAll(/^COPY (\S+)\/package\.json \1\/$/gm)].map(([, folder]) => folder);
    expect(copied.sort()).toEqual(JSON.parse(read('package.json')).workspaces.sort());
  });
});
