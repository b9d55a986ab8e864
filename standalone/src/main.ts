import { ConfigError, unknownVariables } from '@showrunner/service-kit';
import { parseCommandLine, USAGE } from './command-line.ts';
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
import { loadStandaloneConfig } from './load-standalone-config.ts';

async function run(args: string[]): Promise<void> {
  const { command, operands, file } = parseCommandLine(args);
  if (command === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  const config = loadStandaloneConfig(process.env, command === 'start' ? 'server' : 'command');
  switch (command) {
    case 'start':
      for (const name of unknownVariables(standaloneConfigSchema, { env: process.env, prefix: 'SHOWRUNNER' })) {
        process.stderr.write(`${name} is not an option and sets nothing: see docs/reference/options.md.\n`);
      }
      return start(config);
    case 'demo':
      return demo(config, parseStreamName(operands[0]));
    case 'get':
      return get(config.data, operands[0] === undefined ? undefined : parseStreamName(operands[0]));
    case 'apply':
      if (!file) throw new CommandError('Say which file: showrunner apply -f FILE');
      return apply(config.data, file);
    case 'delete':
      if (!operands[0]) throw new CommandError('Say which stream: showrunner delete NAMESPACE/NAME');
      return deleteStream(config.data, parseStreamName(operands[0]));
    case 'key':
      return operands[0] === 'rotate'
        ? rotateKey(config.data, parseStreamName(operands[1]))
        : showKey(config.data, parseStreamName(operands[0]));
    case 'flv-url':
      return flvUrl(config, parseStreamName(operands[0]));
  }
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  const { message, stack, code } = error as NodeJS.ErrnoException;
  const isForPeople = error instanceof CommandError || error instanceof ConfigError;
  // Such as a full disk, or a folder that may not be written.
  const isOfStore = code === 'ERR_SQLITE_ERROR';
  process.stderr.write(
    `${isOfStore ? `The data folder cannot be used: ${message}.` : isForPeople ? message : stack}\n`,
  );
  process.exitCode = 1;
}
