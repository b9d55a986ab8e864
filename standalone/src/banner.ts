import type { ShownKey } from './shown-key.ts';

/** What a newcomer needs, in a box; the lines Watch, Server and Stream Key are also read by scripts. */
export function banner(lines: {
  watch: string;
  server: string;
  key: ShownKey;
  isFirst: boolean;
  /** The command that shows a test picture on it. */
  demo: string;
}): string {
  const rows = [
    lines.isFirst ? 'Showrunner is ready. This is your first show.' : 'Showrunner is ready.',
    '',
    `Watch ${lines.watch}`,
    '',
    'In OBS, Settings > Stream > Service: Custom…',
    `Server ${lines.server}`,
    'key' in lines.key ? `Stream Key ${lines.key.key}` : lines.key.problem,
    '',
    ...('key' in lines.key ? [`No OBS at hand? Run \`${lines.demo}\` in a second terminal.`] : []),
    'Ctrl-C ends all shows and stops.',
  ];
  const rule = '─'.repeat(Math.max(...rows.map((row) => row.length)) + 2);
  return [rule, ...rows.map((row) => ` ${row}`.trimEnd()), rule, ''].join('\n');
}
