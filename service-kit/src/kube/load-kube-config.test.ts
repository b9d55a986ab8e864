import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromKubeconfig } from './kubeconfig-file.ts';
import { loadKubeConfig } from './load-kube-config.ts';
import { serviceAccount } from './service-account.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'showrunner-kubeconfig-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(cluster: object, user: object): string {
  const file = join(folder, 'config');
  const content = {
    'current-context': 'it',
    clusters: [{ name: 'it', cluster: { server: 'https://api.example.org:6443/', ...cluster } }],
    users: [{ name: 'it', user }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
  };
  writeFileSync(file, JSON.stringify(content));
  return file;
}

describe('the Kubernetes API of a file', () => {
  it('is known by its address and its certificate', async () => {
    const config = await loadKubeConfig(
      written({ 'certificate-authority-data': base64('ca'), 'tls-server-name': 'api' }, { token: 't' }),
    );
    expect(config.server).toBe('https://api.example.org:6443');
    expect(await config.credentials()).toEqual({ tls: { ca: 'ca', servername: 'api' }, authorization: 'Bearer t' });
  });

  it('is asked by certificate or by password', async () => {
    const certificate = { 'client-certificate-data': base64('cert'), 'client-key-data': base64('key') };
    const by = async (user: object) => (await loadKubeConfig(written({}, user))).credentials();
    expect(await by(certificate)).toMatchObject({ tls: { cert: 'cert', key: 'key' } });
    expect(await by({ username: 'u', password: 'p' })).toMatchObject({
      authorization: `Basic ${base64('u:p')}`,
    });
  });

  it('is asked with a token that was renewed as soon as the former one is refused', async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'one');
    const config = await fromKubeconfig(written({}, { 'auth-provider': { name: 'file', config: { tokenFile } } }));
    expect(await config.credentials()).toMatchObject({ authorization: 'Bearer one' });
    writeFileSync(tokenFile, 'two');
    expect(await config.credentials()).toMatchObject({ authorization: 'Bearer one' });
    expect(await config.credentials({ refused: true })).toMatchObject({ authorization: 'Bearer two' });
  });

  it('is refused in words where the file cannot be read', async () => {
    const file = join(folder, 'nothing');
    await expect(loadKubeConfig(file)).rejects.toThrow('The Kubernetes configuration cannot be read: ');
    writeFileSync(file, '{ not: [yaml');
    await expect(loadKubeConfig(file)).rejects.toThrow('The Kubernetes configuration cannot be read: ');
  });
});

describe("a pod's service account", () => {
  const ENV = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };
  const CA = '-----BEGIN CERTIFICATE-----\nca\n';
  let time: number;
  const now = () => time;
  beforeEach(() => {
    time = 0;
    write('token', 'one\n');
    write('ca.crt', CA);
  });
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);

  it('names the API and reads its token again every minute, and at once when it is refused', async () => {
    const config = serviceAccount(ENV, folder, now);
    expect(config?.server).toBe('https://10.96.0.1:443');
    expect(await config?.credentials()).toEqual({ tls: { ca: CA }, authorization: 'Bearer one' });
    write('token', 'two');
    time = 59_999;
    expect(await config?.credentials()).toMatchObject({ authorization: 'Bearer one' });
    time = 60_000;
    expect(await config?.credentials()).toMatchObject({ authorization: 'Bearer two' });
    write('token', 'three');
    expect(await config?.credentials({ refused: true })).toMatchObject({ authorization: 'Bearer three' });
  });

  it('goes on with the token at hand where the file is away for a moment', async () => {
    const config = serviceAccount(ENV, folder, now);
    await config?.credentials();
    rmSync(join(folder, 'token'));
    time = 60_000;
    expect(await config?.credentials()).toMatchObject({ authorization: 'Bearer one' });
    await expect(config?.credentials({ refused: true })).rejects.toThrow(
      /^The service account's file .*token cannot be read/,
    );
  });

  it('is read once for all who ask at the same time', async () => {
    const config = serviceAccount(ENV, folder, now);
    const [left, right] = await Promise.all([config?.credentials(), config?.credentials()]);
    expect(left).toBe(right);
  });

  it('knows addresses of version 6', () => {
    expect(serviceAccount({ ...ENV, KUBERNETES_SERVICE_HOST: 'fd00::1' }, folder)?.server).toBe(
      'https://[fd00::1]:443',
    );
  });

  it('is none outside of pods, and in pods without a token', () => {
    expect(serviceAccount({}, folder)).toBeUndefined();
    rmSync(join(folder, 'token'));
    expect(serviceAccount(ENV, folder)).toBeUndefined();
  });
});
