import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { standaloneConfigSchema } from './config.ts';

const reference = readFileSync(new URL('../../docs/reference/options.md', import.meta.url), 'utf8');

it('documents every option with its default', () => {
  const defaults = standaloneConfigSchema.parse({});
  for (const [key, value] of Object.entries(defaults)) {
    const variable = `SHOWRUNNER_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    const row = reference.split('\n').find((line) => line.includes(`\`${variable}\``));
    expect(row?.replaceAll(/ +/g, ' '), variable).toContain(`| \`${value}\` |`);
  }
});
