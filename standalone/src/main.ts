import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig, unknownVariables } from '@showrunner/service-kit';
import { apply } from './commands/apply.ts';
import { CommandError } from './commands/command-error.ts';
import { deleteStream } from './commands/delete.ts';
import { demo } from './commands/demo.ts';
import { flvUrl } from './commands/flv-url.ts';
import { get } from './commands/get.ts';
import { rotateKey, showKey } from './commands/key.ts';
import { start } from './commands/start.ts';
import { parseStreamName } from './commands/stream-name.ts';
import { standaloneConfigSchema } from './config.ts';

const USAGE = `showrunner: run live shows from this machine

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

/** One where nothing else is said: a stream. */
const MOST_OPERANDS: Readonly<Record<string, number>> = { start: 0, apply: 0 };

async function run(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { file: { type: 'string', short: 'f' }, help: { type: 'boolean', short: 'h' } },
  });
  const [command = 'help', ...operands] = positionals;
  if (values.help || command === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const file = join(process.env['SHOWRUNNER_DATA'] || './data', 'showrunner.yaml');
  const environment = { env: process.env, prefix: 'SHOWRUNNER' };
  const config = loadConfig(standaloneConfigSchema, {
    ...environment,
    file: existsSync(file) ? file : undefined,
  });
  const most = command === 'key' && operands[0] === 'rotate' ? 2 : (MOST_OPERANDS[command] ?? 1);
  if (operands.length > most) {
    throw new CommandError(`There is a word too many: "${operands[most]}".\n\n${USAGE}`);
  }
  switch (command) {
    case 'start':
      for (const name of unknownVariables(standaloneConfigSchema, environment)) {
        process.stderr.write(`${name} is not an option and sets nothing: see docs/reference/options.md.\n`);
      }
      return start(config);
    case 'demo':
      return demo(config, parseStreamName(operands[0]));
    case 'get':
      return get(config.data, operands[0] === undefined ? undefined : parseStreamName(operands[0]));
    case 'apply':
      if (!values.file) throw new CommandError('Say which file: showrunner apply -f FILE');
      return apply(config.data, values.file);
    case 'delete':
      if (!operands[0]) throw new CommandError('Say which stream: showrunner delete NAMESPACE/NAME');
      return deleteStream(config.data, parseStreamName(operands[0]));
    case 'key':
      return operands[0] === 'rotate'
        ? rotateKey(config.data, parseStreamName(operands[1]))
        : showKey(config.data, parseStreamName(operands[0]));
    case 'flv-url':
      return flvUrl(config, parseStreamName(operands[0]));
    default:
      throw new CommandError(`There is no command "${command}".\n\n${USAGE}`);
  }
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  const { message, stack, code } = error as NodeJS.ErrnoException;
  const isForPeople =
    error instanceof CommandError || error instanceof ConfigError || code?.startsWith('ERR_PARSE_ARGS');
  // Such as a full disk, or a folder that may not be written.
  const isOfStore = code === 'ERR_SQLITE_ERROR';
  process.stderr.write(
    `${isOfStore ? `The data folder cannot be used: ${message}.` : isForPeople ? message : stack}\n`,
  );
  process.exitCode = 1;
}
