import { createLogger } from '@showrunner/service-kit';
import { KubeClient, KubeResourceStore, loadKubeConfig } from '@showrunner/service-kit/kube';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  pushTestPicture,
  startBrowser,
  startShowrunner,
  untilPlaying,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from '../../support/index.ts';
import { freshNamespaces, removeNamespaces } from '../support/fresh-namespaces.ts';
import { startWeb, type WebProcess } from '../support/web-process.ts';

const NAMESPACE = 'store-media';
const SHOW = { namespace: NAMESPACE, name: 'elsewhere' };
const resource = {
  apiVersion: 'showrunner.dev/v1alpha1',
  kind: 'LiveStream',
  metadata: SHOW,
  spec: { title: 'Elsewhere' },
};

const client = new KubeClient(await loadKubeConfig(inject('cluster').kubeconfig));
const store = new KubeResourceStore({ client, logger: createLogger({ name: 'story', level: 'warn' }) });
let media: Showrunner;
let publisher: Publisher;
let browser: StoryBrowser;
let web: WebProcess;

describe('pages whose media have an origin of their own', () => {
  beforeAll(async () => {
    await freshNamespaces(client, [NAMESPACE]);
    // The laptop home serves the media; that it has pages too does not matter here.
    [media, browser] = await Promise.all([startShowrunner(), startBrowser()]);
    const key = await media.apply('elsewhere', JSON.stringify(resource), NAMESPACE);
    publisher = pushTestPicture(media.publishUrl(key));
    await store.apply('LiveStream', resource);
    await store.patchStatus('LiveStream', SHOW, { phase: 'Live', startedAt: new Date().toISOString() });
    web = await startWeb({ NAMESPACES: NAMESPACE, MEDIA_ORIGIN: media.http, DRAIN_MS: '0' });
  });
  afterAll(async () => {
    await browser?.close();
    await web?.stop();
    await publisher?.stop();
    await media?.stop();
    await removeNamespaces(client, [NAMESPACE]);
    await client.close();
  });

  it('play, whether one comes by the address or from the list', async () => {
    const watch = await browser.open(`${web.http}/watch/${NAMESPACE}/elsewhere`);
    expect((await untilPlaying(watch, 30_000)).state).toBe('playing');
    const home = await browser.open(`${web.http}/`);
    await home.getByText('Elsewhere').first().click();
    expect((await untilPlaying(home, 30_000)).state).toBe('playing');
    expect(browser.errors).toEqual([]);
  });
});
