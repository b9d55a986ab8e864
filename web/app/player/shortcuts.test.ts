import { describe, expect, it } from 'vitest';
import { commandOf, type Focus } from './shortcuts.ts';

const page: Focus = { place: 'page', kind: 'none' };
const player: Focus = { place: 'player', kind: 'none' };
const inPlayer = (kind: Focus['kind']): Focus => ({ place: 'player', kind });

describe('commandOf', () => {
  it.each([
    ['k', player, 'toggle'],
    ['K', page, 'toggle'],
    [' ', page, 'toggle'],
    ['ArrowLeft', page, 'back'],
    ['ArrowUp', player, 'louder'],
    ['m', inPlayer('slider'), 'mute'],
    ['k', inPlayer('button'), 'toggle'],
  ] as const)('%j with the focus on %j is %s', (key, focus, command) =>
    expect(commandOf(key, false, focus)).toBe(command),
  );

  it.each([
    ['x', player],
    // The page scrolls.
    ['ArrowUp', page],
    ['ArrowDown', page],
    // The focused element has a use for the key.
    [' ', inPlayer('button')],
    ['ArrowLeft', inPlayer('slider')],
    ['k', inPlayer('menu')],
    ['m', inPlayer('text')],
    ['k', { place: 'elsewhere', kind: 'button' }],
  ] as const)('%j with the focus on %j is not for the player', (key, focus) =>
    expect(commandOf(key, false, focus)).toBeUndefined(),
  );

  it('toggles once however long a key is held, and goes on seeking', () => {
    expect([commandOf('f', true, page), commandOf(' ', true, page)]).toEqual(['nothing', 'nothing']);
    expect(commandOf('ArrowLeft', true, page)).toBe('back');
  });
});
