import { ConfigError } from './config.ts';

/**
 * Runs what a process is for. What it throws goes to standard error, and the exit code is 1: sentences where they are meant for
 * people (a wrong setting, a port that is taken), with its stack otherwise.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const { message, stack, cause } = error as Error;
    const isOfSystem = (cause as NodeJS.ErrnoException | undefined)?.code !== undefined;
    process.stderr.write(`${error instanceof ConfigError || isOfSystem ? message : stack}\n`);
    process.exitCode = 1;
  }
}
