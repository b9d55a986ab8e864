import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Registry } from '@prometheus-io/client';
import { createLogger } from '@showrunner/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDoorway } from '../testing/doorway.ts';
import { oneKey, push, recorder, startIngest, STREAM, until } from '../testing/publish.ts';
import { Certificate } from './certificate.ts';

let folder: string;
let certificateFile: string;
let keyFile: string;
const closers: (() => Promise<unknown> | void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  [certificateFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

/** Writes a certificate for `name` and its key. */
function issue(name: string): void {
  const files = { crt: join(folder, 'new.crt'), key: join(folder, 'new.key') };
  const subject = ['-subj', `/CN=${name}`, '-days', '1'];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files.key];
  execFileSync('openssl', ['req', '-x509', ...made, '-out', files.crt, ...subject], { stdio: 'ignore' });
  copyFileSync(files.crt, certificateFile);
  copyFileSync(files.key, keyFile);
}

function open(log: string[] = []): Certificate {
  const logger = createLogger({ name: 'test', level: 'info' }, { write: (line: string) => void log.push(line) });
  const certificate = new Certificate({ certificateFile, keyFile, logger, pollMs: 20 });
  closers.push(() => certificate.close());
  return certificate;
}

async function doorOf(certificate: Certificate, handshakeTimeoutMs = 5_000) {
  const doorway = await openDoorway({ secureContext: () => certificate.context, config: { handshakeTimeoutMs } });
  closers.push(() => doorway.close());
  return { doorway, port: doorway.frontDoor.ports.rtmps! };
}

async function nameShown(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

describe('RTMPS', () => {
  it('takes publishers in as RTMP does', async () => {
    issue('live.example.org');
    const { doorway, port } = await doorOf(open());
    const ingest = await startIngest({ admission: oneKey(), registry: new Registry() });
    closers.push(() => ingest.close());
    doorway.lead({ host: '127.0.0.1', port: ingest.rtmpPort });
    await doorway.stream('live', { key: 'a-good-key' });
    const reader = recorder();
    ingest.source.subscribe(STREAM, reader);
    const { ended } = push(port, { scheme: 'rtmps' });
    await until(() => reader.tags.length > 60);
    expect(await ended).toBe('');
    await until(() => reader.heard.length >= 2);
    expect(reader.heard.slice(0, 2)).toEqual(['started', 'stopped: closed']);
    expect(await push(port, { scheme: 'rtmps', key: 'wrong' }).ended).toContain('This stream key is not known');
  });

  it('hangs up on who does not speak TLS, or begins and does not go on', async () => {
    issue('live.example.org');
    const { doorway, port } = await doorOf(open(), 400);
    const silent = connectPlain(port, '127.0.0.1');
    const plain = connectPlain(port, '127.0.0.1');
    const closed = [silent, plain].map((socket) => once(socket.on('error', () => undefined).resume(), 'close'));
    plain.write(Buffer.alloc(1537, 3));
    await Promise.all(closed);
    const connections = () => doorway.metric('showrunner_front_door_connections');
    for (const end = Date.now() + 4_000; Date.now() < end && !(await connections())?.endsWith(' 0');) await delay(20);
    expect(await connections()).toMatch(/ 0$/);
  });

  it('shows a new certificate as soon as there is one, and the last good one meanwhile', async () => {
    issue('one.example.org');
    const log: string[] = [];
    const { port } = await doorOf(open(log));
    expect(await nameShown(port)).toBe('one.example.org');
    writeFileSync(certificateFile, 'half a certifi');
    await until(() => log.some((line) => line.includes('cannot be used')));
    expect(await nameShown(port)).toBe('one.example.org');
    issue('two.example.org');
    await until(() => log.some((line) => line.includes('was replaced')));
    expect(await nameShown(port)).toBe('two.example.org');
    expect(log.join('\n')).not.toContain('half a certifi');
  });

  it('says in words which files cannot be used', () => {
    expect(() => open()).toThrow(
      `RTMPS: ${certificateFile} and ${keyFile} must be a certificate and its key in PEM: ENOENT.`,
    );
  });
});
