import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

describe('the command line', () => {
  it.each<[string, object]>([
    ['', { command: 'help' }],
    ['get --help', { command: 'help', operands: [] }],
    ['get', { command: 'get', operands: [] }],
    ['key rotate default/live', { command: 'key', operands: ['rotate', 'default/live'] }],
    ['apply -f -', { command: 'apply', file: '-' }],
    ['apply --file=a.yaml', { command: 'apply', file: 'a.yaml' }],
    ['apply -f', { command: 'apply', file: undefined }],
  ])('takes "%s"', (line, parsed) => {
    expect(parseCommandLine(line.split(' ').filter(Boolean))).toMatchObject(parsed);
  });

  it.each([
    ['status', 'There is no command "status".\n\nshowrunner: '],
    ['status --all', 'There is no command "status".\n\nshowrunner: '],
    ['get one two', 'There is a word too many: "two".\n\nshowrunner: '],
    ['get -A', '`showrunner get` has no option -A: `showrunner --help` shows each command with its options.'],
    ['get -f a.yaml', '`showrunner get` has no option -f: '],
    ['apply --filename a.yaml', '`showrunner apply` has no option --filename: '],
    ['demo --port=1935', '`showrunner demo` has no option --port: '],
    ['--version', '`showrunner` has no option --version: '],
    ['apply -f a.yaml -f b.yaml', '-f is there more than once: apply one file after the other.'],
    ['apply -f --file', '-f wants the name of a file behind it.'],
    ['apply --file -x', '-f wants the name of a file behind it.'],
  ])('refuses "%s" in words', (line, words) => {
    expect(() => parseCommandLine(line.split(' '))).toThrow(words);
  });
});
