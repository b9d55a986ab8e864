import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, httpGet, pushTestPicture, untilPlaying, untilState } from '../support/index.ts';
import { openStudio, untilCondition, type Platform, type Studio } from './support/index.ts';

/** Shows on a real cluster, as streamers, viewers and who runs kubectl see them. */
describe('shows of a platform that the chart installed', () => {
  let studio: Studio;
  let platform: Platform;

  beforeAll(async () => {
    studio = await openStudio(inject('cluster'), 'shows');
    ({ platform } = studio);
  });
  afterAll(() => studio?.close());

  it('a LiveStream is applied, a publisher is let in, and Chromium plays it through the edge until it ends', async () => {
    await platform.apply('evening', { title: 'The evening show', ingest: { reconnectGrace: '1s' } });
    await platform.untilReady('evening');
    const page = await studio.watch('evening');
    const publisher = pushTestPicture(await platform.publishUrl('evening'));
    const facts = await untilPlaying(page, 30_000);
    expect([facts.width, facts.height]).toEqual([320, 180]);
    await platform.untilPhase('evening', 'Live');
    const first = await eventually('FirstSegmentReady', () => platform.condition('evening', 'FirstSegmentReady'));
    expect(first.reason).toBe('MediaReady');
    const columns = await platform.tenant.kubectl(['get', 'livestream', 'evening']);
    expect(columns.split('\n').map((line) => line.split(/\s+/).slice(0, 5))).toMatchObject([
      ['NAME', 'READY', 'PHASE', 'SOURCE', 'LATENCY'],
      ['evening', 'True', 'Live', '320x180', 'low'],
      [''],
    ]);
    const measured = await eventually('facts in the API', async () => {
      const { body } = await httpGet(`${platform.webUrl}/api/v1/live-streams/${platform.tenant.name}/evening/state`);
      return (JSON.parse(body.toString()) as { facts?: { video?: object } }).facts?.video;
    });
    expect(measured).toMatchObject({ width: 320, height: 180 });
    await publisher.stop();
    await untilState(page, 'ended', 30_000);
    await platform.untilPhase('evening', 'Ended');
    const told = await platform.tenant.kubectl(['describe', 'livestream', 'evening']);
    for (const reason of ['StreamKeyMade', 'PodsStarted', 'Ready', 'ShowStarted', 'FirstSegmentReady', 'ShowEnded']) {
      expect(told).toMatch(new RegExp(`Normal +${reason} `));
    }
    expect(told).not.toContain((await platform.publishUrl('evening')).split('/').at(-1));
  });

  it('a cold one costs its Secret alone, starts when a publisher knocks, and stops after its time', async () => {
    await platform.apply('cold', { standby: 'cold', idleAfter: '10s', ingest: { reconnectGrace: '0s' } });
    await platform.untilReady('cold');
    const kinds = 'deployment,service,pod,secret,poddisruptionbudget';
    const objects = async () => {
      const label = 'showrunner.dev/live-stream=cold';
      return (await platform.tenant.kubectl(['get', kinds, '--selector', label, '--output', 'name']))
        .trim()
        .split('\n');
    };
    expect(await objects()).toEqual(['secret/cold-stream-key']);
    const publisher = pushTestPicture(await platform.publishUrl('cold'), { seconds: 8 });
    await eventually('media', async () => (await httpGet(platform.playlistUrl('cold'))).status === 200, {
      timeoutMs: 30_000,
    });
    expect(await publisher.exited).toEqual({ code: 0, signal: null });
    await eventually('the pods to go', async () => (await objects()).join() === 'secret/cold-stream-key', {
      timeoutMs: 60_000,
      everyMs: 500,
    });
    expect((await platform.status('cold')).conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
  });

  it('a ladder that is edited, in mid-show or at rest, holds for the next show; the running one goes on as it is', async () => {
    const ingest = { reconnectGrace: '0s' };
    const setLadder = (ladder: string) => platform.apply('ladder', { ingest, transcode: { ladder } });
    await setLadder('none');
    await platform.untilReady('ladder');
    const url = await platform.publishUrl('ladder');
    const pods = [await platform.pods('ladder', 'ingest'), await platform.pods('ladder', 'transcoder')];
    const renditions = async () => {
      const { status, body } = await httpGet(platform.playlistUrl('ladder'));
      if (status !== 200) throw new Error(`${status}`);
      return body.toString().match(/^.+\/playlist\.m3u8$/gm) ?? [];
    };
    const picture = { width: 854, height: 482, fps: 10, gop: 10, videoKbps: 400 };
    const first = pushTestPicture(url, picture);
    expect(await eventually('the first show', renditions)).toEqual(['source/playlist.m3u8']);
    await platform.untilPhase('ladder', 'Live');
    await setLadder('360p');
    await eventually('UpdatePending', () => platform.condition('ladder', 'UpdatePending'));
    await sleep(2_000);
    expect(await renditions()).toEqual(['source/playlist.m3u8']);
    expect([await platform.pods('ladder', 'ingest'), await platform.pods('ladder', 'transcoder')]).toEqual(pods);
    await first.stop();
    await platform.untilPhase('ladder', 'Ended');

    /** A show from the transcoder that an edit brings; resolves once there is media of all that it is to have beside the source. */
    const nextShow = async (former: readonly string[], rungs: readonly string[]) => {
      const transcoder = await eventually(
        'another transcoder',
        async () => (await platform.pods('ladder', 'transcoder')).find((name) => !former.includes(name)),
        { timeoutMs: 40_000, everyMs: 500 },
      );
      await untilCondition(platform.tenant.kubectl, `pod/${transcoder}`, 'Ready');
      await platform.untilReady('ladder');
      const publisher = pushTestPicture(url, picture);
      const expected = ['source', ...rungs].map((name) => `${name}/playlist.m3u8`).sort();
      await eventually(
        expected.join(' and '),
        async () => {
          const found = (await renditions()).sort();
          if (found.join() !== expected.join()) throw new Error(found.join(' and '));
          return true;
        },
        { timeoutMs: 30_000 },
      );
      for (const file of expected) {
        await eventually(`parts of ${file}`, async () => {
          const { body } = await httpGet(new URL(file, platform.playlistUrl('ladder')).href);
          return body.includes('#EXT-X-PART:');
        });
      }
      await publisher.stop();
      await platform.untilPhase('ladder', 'Ended');
      return [...former, transcoder];
    };
    const both = await nextShow(pods.flat(), ['360p']);
    // At rest, with nobody to wait for.
    await setLadder('480p');
    await nextShow(both, ['480p', '360p']);
  });

  it('a key that is changed in its Secret is let in at once, the former one for a while', async () => {
    const secret = (key: string) =>
      platform.tenant.kubectl(['apply', '--server-side', '--force-conflicts', '--filename', '-'], {
        input: JSON.stringify({
          ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'own-key' } },
          stringData: { streamKey: key },
        }),
      });
    const [former, later] = ['a-former-key-of-ours-0001', 'a-later-key-of-ours-00002'];
    await secret(former);
    await platform.apply('keyed', { ingest: { keySecretRef: { name: 'own-key' }, reconnectGrace: '0s' } });
    await platform.untilReady('keyed');
    await secret(later);
    await eventually('both hashes', async () => (await platform.status('keyed')).ingest?.keyHashes?.length === 2);
    for (const key of [later, former]) {
      const publisher = pushTestPicture(`${platform.rtmpUrl}/${key}`, { seconds: 2 });
      expect(await publisher.exited).toEqual({ code: 0, signal: null });
    }
  });

  it('one that is deleted in mid-show lets its publisher go and leaves nothing behind', async () => {
    const { publisher } = await studio.goOnAir('gone', { spec: { ingest: { reconnectGrace: '2s' } } });
    await platform.tenant.kubectl(['delete', 'livestream', 'gone', '--wait=false']);
    expect((await publisher.exited).code).not.toBe(0);
    await eventually(
      'everything of it to be gone',
      async () => {
        const label = 'showrunner.dev/live-stream=gone';
        const left = await platform.tenant.kubectl(['get', 'all,secret,pdb', '--selector', label, '--output', 'name']);
        return left.trim() === '';
      },
      { timeoutMs: 60_000, everyMs: 500 },
    );
  });

  it('nginx-rtmp takes a publisher in, and the same page plays it', async () => {
    const { publisher } = await studio.goOnAir('by-nginx', { spec: { ingest: { engine: 'nginx-rtmp' } } });
    const page = await studio.watch('by-nginx');
    await untilPlaying(page, 30_000);
    await publisher.stop();
  });
});
