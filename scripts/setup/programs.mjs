import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fail, say } from './say.mjs';

/** Debian's package of each program, and what it is for. */
const PROGRAMS = {
  ffmpeg: { package: 'ffmpeg', why: 'encodes the smaller renditions and the demo picture' },
  ffprobe: { package: 'ffmpeg', why: 'checks the media in the tests' },
  'chromium-headless-shell': { package: 'chromium-headless-shell', why: 'watches the shows in the tests' },
  nginx: { package: 'nginx', why: 'is an engine of the ingest in the tests, and the peer in the benchmarks' },
  'nginx-rtmp': {
    package: 'libnginx-mod-rtmp',
    why: 'teaches nginx RTMP',
    file: '/usr/lib/nginx/modules/ngx_rtmp_module.so',
  },
  wrk: { package: 'wrk', why: 'asks the origin in the benchmarks' },
};

function isThere(path, mode) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function isInstalled(program) {
  const file = PROGRAMS[program]?.file;
  if (file) return isThere(file, constants.R_OK);
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.some((folder) => isThere(join(folder, program), constants.X_OK));
}

/** Installs the programs that are missing through apt-get where that is possible; says what to install where it is not. */
export function programs(names) {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => PROGRAMS[name].package))];
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
