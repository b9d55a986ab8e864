import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail, say } from './say.mjs';

/** Debian's package of each program, and what it is for. */
const PROGRAMS = {
  ffmpeg: { package: 'ffmpeg', why: 'encodes the smaller renditions and the demo picture' },
  ffprobe: { package: 'ffmpeg', why: 'checks the media in the tests' },
  chromium: { package: 'chromium', why: 'watches the shows in the tests' },
  nginx: { package: 'nginx', why: 'is the peer in the benchmarks' },
  wrk: { package: 'wrk', why: 'asks the origin in the benchmarks' },
};

function isInstalled(program) {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs the programs that are missing through apt-get where that is possible; says what to install where it is not. */
export function programs(names, extraPackages = []) {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => PROGRAMS[name].package)), ...extraPackages];
  const reasons = missing.map((name) => `${name} ${PROGRAMS[name].why}`).join(', ');
  const command = `apt-get install -y ${packages.join(' ')}`;
  if (!isInstalled('apt-get') || process.getuid?.() !== 0) {
    fail(`Missing: ${reasons}. Install ${packages.join(' and ')}, on Debian or Ubuntu with: sudo ${command}`);
  }
  say(`Installing ${packages.join(', ')} from the system's packages (${reasons})`);
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['update', '-qq'], options);
  if (spawnSync('apt-get', ['install', '-y', '-qq', ...packages], options).status !== 0) {
    fail(`${packages.join(', ')} could not be installed. Try: ${command}`);
  }
}
