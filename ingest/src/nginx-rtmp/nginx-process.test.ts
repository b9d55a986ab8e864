import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLogger } from '@showrunner/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../testing/publish.ts';
import { nginxConfig, nginxSockets } from './nginx-config.ts';
import { NginxControl } from './nginx-control.ts';
import { DEBIAN_NGINX, NginxProcess, type NginxInstallation } from './nginx-process.ts';

let folder: string;
let printed: string;
let nginx: NginxProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'showrunner-nginx-'));
  printed = '';
});
afterEach(async () => {
  await nginx?.close();
  rmSync(folder, { recursive: true });
});

function make(configuration?: string, installation: NginxInstallation = DEBIAN_NGINX) {
  const control = new NginxControl(nginxSockets(folder));
  const seen = { up: 0, down: 0 };
  const sink = new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      printed += bytes.toString();
      done();
    },
  });
  nginx = new NginxProcess({
    installation,
    folder,
    configuration:
      configuration ??
      nginxConfig({
        module: installation.module,
        folder,
        port: 0,
        sendTimeoutMs: 5_000,
        maxMessageBytes: 1_000_000,
        maxPublishers: 8,
      }).replace('listen 127.0.0.1:0;', ''),
    logger: createLogger({ name: 'test', level: 'info' }, sink),
    answers: () =>
      control.stat().then(
        () => true,
        () => false,
      ),
    up: () => (seen.up += 1),
    down: () => (seen.down += 1),
  });
  return { nginx, seen, control };
}

describe('nginx as a child', () => {
  it('serves after its start, and is gone after its end', async () => {
    const { nginx, seen, control } = make();
    await nginx.start();
    const { pid } = await control.stat();
    expect([pid, seen.up]).toEqual([nginx.pid, 1]);
    await Promise.all([nginx.close(), nginx.close()]);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(seen).toEqual({ up: 1, down: 1 });
  });

  it('is started again whenever it ends by itself, until it is closed', async () => {
    const { nginx, seen } = make();
    await nginx.start();
    for (let time = 1; time <= 3; time++) {
      process.kill(nginx.pid!, 'SIGKILL');
      await until(() => seen.up === time + 1 && seen.down === time);
    }
    expect(printed).toContain('nginx has ended; starting it again');
    expect(printed).toContain('Its end was SIGKILL.');
    process.kill(nginx.pid!, 'SIGKILL');
    await nginx.close();
    const { up } = seen;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(seen.up).toBe(up);
  });

  it('says in words what is missing, and what it does not understand', async () => {
    const missing = make(undefined, { ...DEBIAN_NGINX, module: '/nowhere/ngx_rtmp_module.so' });
    await expect(missing.nginx.start()).rejects.toThrow(
      "The engine nginx-rtmp needs /nowhere/ngx_rtmp_module.so, which is not there: install Debian's packages nginx and libnginx-mod-rtmp.",
    );
    const nonsense = make('spam eggs;');
    await expect(nonsense.nginx.start()).rejects.toThrow(
      /nginx does not start: unknown directive "spam" in .* Its end was exit code 1\./,
    );
  });
});
