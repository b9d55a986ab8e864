export type Command = 'toggle' | 'mute' | 'fullscreen' | 'live' | 'back' | 'forward' | 'louder' | 'quieter' | 'nothing';

/** What has the focus: something in the player, something else that one can use, or nothing of either. */
export interface Focus {
  readonly place: 'player' | 'elsewhere' | 'page';
  /** What a key means to the focused element itself. */
  readonly kind: 'button' | 'slider' | 'text' | 'menu' | 'none';
}

const OF_KEY: Readonly<Record<string, Command>> = {
  ' ': 'toggle',
  k: 'toggle',
  m: 'mute',
  f: 'fullscreen',
  l: 'live',
  ArrowLeft: 'back',
  ArrowRight: 'forward',
  ArrowUp: 'louder',
  ArrowDown: 'quieter',
};
const WHILE_HELD: readonly Command[] = ['back', 'forward', 'louder', 'quieter'];

/**
 * What a key does to the player; undefined leaves it to the page. Keys never take away what the focused element does
 * with them, nor the page's own scrolling, and single letters count only where nothing else is in use (WCAG 2.1.4).
 * @param repeated Whether the key is being held down.
 */
export function commandOf(key: string, repeated: boolean, { place, kind }: Focus): Command | undefined {
  const command = OF_KEY[key.length === 1 ? key.toLowerCase() : key];
  if (command === undefined || place === 'elsewhere' || kind === 'text' || kind === 'menu') return undefined;
  const isArrow = key.startsWith('Arrow');
  if (kind === 'slider' && isArrow) return undefined;
  if (kind === 'button' && key === ' ') return undefined;
  if (place === 'page' && (command === 'louder' || command === 'quieter')) return undefined;
  return repeated && !WHILE_HELD.includes(command) ? 'nothing' : command;
}

/** What has the focus in a page whose player is `player`. */
export function focusOf(target: EventTarget | null, player: Element): Focus {
  if (!(target instanceof Element)) return { place: 'page', kind: 'none' };
  const kind = kindOf(target);
  if (player.contains(target)) return { place: 'player', kind };
  return { place: kind === 'none' ? 'page' : 'elsewhere', kind };
}

function kindOf(target: Element): Focus['kind'] {
  if (target.closest('[role=menu]')) return 'menu';
  if (target.closest('[role=slider], input[type=range]')) return 'slider';
  if (target.closest('input, textarea, select, [contenteditable]')) return 'text';
  return target.closest('button, a') ? 'button' : 'none';
}
