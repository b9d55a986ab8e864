import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, httpGet, pushTestPicture } from '../../support/index.ts';
import { clusterProgram, freeNodePorts, installPlatform, type Platform, SMALL } from '../support/index.ts';

const SECRET = 'live-certificate';

/** RTMPS as the guides have it turned on: a certificate in a Secret, and values that name it. */
describe('a platform that takes RTMPS', () => {
  const cluster = inject('cluster');
  let platform: Platform;
  let folder: string;
  let certificate: X509Certificate;
  let rtmpsUrl: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'showrunner-rtmps-'));
    platform = await installPlatform(cluster, 'rtmps');
    const { hostname } = new URL(platform.webUrl);
    certificate = await issue(hostname);
    const [rtmpsNodePort] = await freeNodePorts(clusterProgram(cluster, 'kubectl'), 1);
    const rtmpNodePort = Number(new URL(platform.rtmpUrl.replace(/^rtmp/, 'http')).port);
    rtmpsUrl = `rtmps://${hostname}:${rtmpsNodePort}/live`;
    await platform.upgrade({
      tls: { secretName: SECRET },
      publicUrls: { rtmpUrl: rtmpsUrl, httpUrl: platform.webUrl, mediaUrl: platform.mediaUrl },
      frontDoor: {
        replicas: 1,
        lameDuckSeconds: 2,
        rtmps: { enabled: true },
        service: { type: 'NodePort', rtmpNodePort, rtmpsNodePort },
        ...SMALL,
      },
    });
    await platform.apply('evening', { ingest: { reconnectGrace: '1s' } });
    await platform.untilReady('evening');
  });
  afterAll(async () => {
    await platform?.uninstall();
    await rm(folder, { recursive: true });
  });

  /** A certificate that vouches for itself, with its key in the Secret. */
  async function issue(address: string): Promise<X509Certificate> {
    const files = { crt: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    const subject = ['-subj', '/CN=live.example.org', '-addext', `subjectAltName=IP:${address}`, '-days', '1'];
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files.key];
    await promisify(execFile)('openssl', ['req', '-x509', ...made, '-out', files.crt, ...subject]);
    const named = [`--cert=${files.crt}`, `--key=${files.key}`];
    await platform.home.kubectl(['create', 'secret', 'tls', SECRET, ...named]);
    return new X509Certificate(await readFile(files.crt));
  }

  it('tells streamers to come by it', async () => {
    expect((await platform.status('evening')).ingest?.server).toBe(rtmpsUrl);
  });

  it('shows the certificate of the Secret', async () => {
    const { hostname: host, port } = new URL(rtmpsUrl.replace(/^rtmps/, 'https'));
    const socket = connect({ host, port: Number(port), ca: certificate.toString() });
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    expect(fingerprint256).toBe(certificate.fingerprint256);
  });

  it.each([
    ['RTMPS', () => rtmpsUrl],
    ['RTMP, as before', () => platform.rtmpUrl],
  ])('a show comes by %s', async (_, server) => {
    const [key] = (await platform.publishUrl('evening')).split('/').slice(-1);
    const publisher = pushTestPicture(`${server()}/${key}`);
    await platform.untilPhase('evening', 'Live', 30_000);
    const playlist = new URL('source/playlist.m3u8', platform.playlistUrl('evening')).href;
    const hasMedia = async () => {
      const { body } = await httpGet(playlist);
      // What has an end is the show before.
      return body.includes('#EXTINF:') && !body.includes('#EXT-X-ENDLIST');
    };
    await eventually('media', hasMedia, { timeoutMs: 30_000 });
    expect(await Promise.race([publisher.exited, sleep(100)]), publisher.stderr().slice(-300)).toBeUndefined();
    await publisher.stop();
    await platform.untilPhase('evening', 'Ended', 40_000);
  });
});
