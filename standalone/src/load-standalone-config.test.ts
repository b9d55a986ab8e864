import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadStandaloneConfig } from './load-standalone-config.ts';
import { lockForServer } from './server-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'showrunner-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ports = (role: 'server' | 'command', env: Record<string, string> = {}) => {
  const { httpPort, rtmpPort } = loadStandaloneConfig({ SHOWRUNNER_DATA: folder, ...env }, role);
  return { httpPort, rtmpPort };
};

it('finds the server that runs, whatever set its ports, and a variable still wins', () => {
  writeFileSync(join(folder, 'showrunner.yaml'), 'httpPort: 9001\n');
  const started = { SHOWRUNNER_HTTP_PORT: '9080', SHOWRUNNER_RTMP_PORT: '9935' };
  const lock = lockForServer(folder);
  expect(ports('command')).toEqual({ httpPort: 9001, rtmpPort: 1935 });
  lock.announce(loadStandaloneConfig({ SHOWRUNNER_DATA: folder, ...started }, 'server'));
  expect(ports('command')).toEqual({ httpPort: 9080, rtmpPort: 9935 });
  expect(ports('command', { SHOWRUNNER_RTMP_PORT: '1999' })).toEqual({ httpPort: 9080, rtmpPort: 1999 });
  expect(ports('server')).toEqual({ httpPort: 9001, rtmpPort: 1935 });
  lock.close();
  expect(ports('command')).toEqual({ httpPort: 9001, rtmpPort: 1935 });
});

it('does not believe a server that was killed', () => {
  writeFileSync(join(folder, 'server.address'), 'httpPort: 9080\n');
  lockForServer(folder).close();
  writeFileSync(join(folder, 'server.address'), 'httpPort: 9080\n');
  expect(ports('command').httpPort).toBe(8080);
});
