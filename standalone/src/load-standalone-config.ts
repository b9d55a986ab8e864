import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@showrunner/service-kit';
import { standaloneConfigSchema, type StandaloneConfig } from './config.ts';
import { announcedBy } from './server-lock.ts';

/**
 * The options: variables win over showrunner.yaml in the data folder. A command takes what the running server was started
 * with in place of that file, so that it finds a server whose variables were set in another terminal. Throws ConfigError.
 */
export function loadStandaloneConfig(
  env: Readonly<Record<string, string | undefined>>,
  role: 'server' | 'command',
): StandaloneConfig {
  const folder = env['SHOWRUNNER_DATA'] || './data';
  const own = join(folder, 'showrunner.yaml');
  const announced = role === 'command' ? announcedBy(folder) : undefined;
  const file = announced ?? (existsSync(own) ? own : undefined);
  return loadConfig(standaloneConfigSchema, { env, prefix: 'SHOWRUNNER', file });
}
