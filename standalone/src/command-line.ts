import { parseArgs } from 'node:util';
import { CommandError } from './commands/command-error.ts';

export const USAGE = `showrunner: run live shows from this machine

  showrunner start                 the server (npm start)
  showrunner demo [STREAM]         publish a test picture to a stream (npm run demo)
  showrunner get [STREAM]          list the streams, or one
  showrunner apply -f FILE         create or change streams from a YAML file
  showrunner delete STREAM         end a stream's show and forget it
  showrunner key [STREAM]          print a stream's key
  showrunner key rotate [STREAM]   make a new key; the old one works a while longer
  showrunner flv-url [STREAM]      print the stream's HTTP-FLV address, for ffplay

STREAM is NAME or NAMESPACE/NAME; default/live where none is given.
Options are SHOWRUNNER_* variables: see docs/reference/options.md.
`;

const COMMANDS = ['start', 'demo', 'get', 'apply', 'delete', 'key', 'flv-url', 'help'] as const;
export type Command = (typeof COMMANDS)[number];

/** One where nothing else is said: a stream. */
const MOST_OPERANDS: Partial<Record<Command, number>> = { start: 0, apply: 0 };
/** Which options a command has beside --help. */
const OPTIONS: Partial<Record<Command, readonly string[]>> = { apply: ['file'] };

export interface CommandLine {
  readonly command: Command;
  readonly operands: readonly string[];
  /** Of `apply`. */
  readonly file: string | undefined;
}

/** What was typed after `showrunner`. Throws a CommandError. */
export function parseCommandLine(args: string[]): CommandLine {
  const { values, positionals, tokens } = parseArgs({
    args,
    allowPositionals: true,
    // What is not known is refused below, in words of our own.
    strict: false,
    tokens: true,
    options: { file: { type: 'string', short: 'f' }, help: { type: 'boolean', short: 'h' } },
  });
  const [typed = 'help', ...operands] = positionals;
  if (values.help) return { command: 'help', operands: [], file: undefined };
  const command = COMMANDS.find((known) => known === typed);
  if (!command) throw new CommandError(`There is no command "${typed}".\n\n${USAGE}`);
  const options = OPTIONS[command] ?? [];
  const other = tokens.find((token) => token.kind === 'option' && !options.includes(token.name));
  if (other?.kind === 'option') {
    const whose = positionals.length === 0 ? 'showrunner' : `showrunner ${command}`;
    throw new CommandError(
      `\`${whose}\` has no option ${other.rawName}: \`showrunner --help\` shows each command with its options.`,
    );
  }
  const files = tokens.flatMap((token) => (token.kind === 'option' && token.name === 'file' ? [token] : []));
  if (files.length > 1) throw new CommandError('-f is there more than once: apply one file after the other.');
  const isOption = files.some(({ value, inlineValue }) => !inlineValue && /^-./.test(value ?? ''));
  if (isOption) throw new CommandError('-f wants the name of a file behind it.');
  const most = command === 'key' && operands[0] === 'rotate' ? 2 : (MOST_OPERANDS[command] ?? 1);
  if (operands.length > most) {
    throw new CommandError(`There is a word too many: "${operands[most]}".\n\n${USAGE}`);
  }
  return { command, operands, file: typeof values.file === 'string' ? values.file : undefined };
}
