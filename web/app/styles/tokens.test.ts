import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const APP = join(import.meta.dirname, '..');
const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');
const [dark = '', light = ''] = css.split('@media (prefers-color-scheme: light)');
const tokensOf = (text: string) =>
  new Map([...text.matchAll(/(--[a-z0-9-]+): ([^;]+);/g)].map(([, name = '', value = '']) => [name, value]));
const schemes = {
  dark: tokensOf(dark),
  light: new Map([...tokensOf(dark), ...tokensOf(light)]),
};

/** Relative luminance of #rrggbb (WCAG 2.2). */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

describe.each(['dark', 'light'] as const)('the %s colours', (scheme) => {
  const ratio = (one: string, other: string) =>
    contrast(schemes[scheme].get(one) ?? '', schemes[scheme].get(other) ?? '');

  it.each([
    ['--text', '--background'],
    ['--text', '--surface'],
    ['--text', '--raised'],
    ['--text-dim', '--background'],
    ['--text-dim', '--surface'],
    ['--on-accent', '--accent-fill'],
    ['--on-accent', '--accent-fill-hover'],
    ['--on-live', '--live'],
    ['--on-picture', '--stage'],
    ['--on-picture-button', '--picture-button'],
  ])('let %s be read on %s', (text, ground) => expect(ratio(text, ground)).toBeGreaterThanOrEqual(4.5));

  it.each([
    ['--accent-strong', '--background'],
    ['--line-strong', '--surface'],
    ['--look', '--surface'],
  ])('let %s be seen on %s', (line, ground) => expect(ratio(line, ground)).toBeGreaterThanOrEqual(3));
});

it('every token is used', () => {
  const styles = readdirSync(APP, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:vue|css)$/.test(file))
    .map((file) => readFileSync(join(APP, file), 'utf8'))
    .join('\n');
  const unused = [...schemes.dark.keys()].filter((name) => !styles.includes(`var(${name})`));
  expect(unused).toEqual([]);
});
