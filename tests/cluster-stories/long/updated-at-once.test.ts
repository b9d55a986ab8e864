import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, untilGoesOn, untilPlaying } from '../../support/index.ts';
import { openStudio, type Platform, type Studio } from '../support/index.ts';

/** Far less than the ten minutes for which pods go on with a show. */
const AT_ONCE_MS = 60_000;

describe('a show whose newer pods were asked for at once', () => {
  let studio: Studio;
  let platform: Platform;

  beforeAll(async () => {
    studio = await openStudio(inject('cluster'), 'updated-at-once');
    ({ platform } = studio);
  });
  afterAll(() => studio?.close());

  it('has them in mid-show, and goes on as the same one without a reload', async () => {
    const show = await studio.goOnAir('hasty');
    const page = await studio.watch('hasty');
    await untilPlaying(page, 30_000);
    const { startedAt } = await platform.status('hasty');
    const podsOf = async () =>
      (await Promise.all([platform.pods('hasty', 'ingest'), platform.pods('hasty', 'transcoder')])).flat();
    const pods = await podsOf();
    const patch = (spec: object) =>
      platform.tenant.kubectl(['patch', 'livestream/hasty', '--type=merge', '--patch', JSON.stringify({ spec })]);

    const newer = { pod: { resources: { requests: { cpu: '25m' } } } };
    await patch({ ingest: newer, transcode: newer });
    await platform.tenant.kubectl(['wait', '--for=condition=UpdatePending', 'livestream/hasty', '--timeout=15s']);
    expect(await podsOf()).toEqual(pods);

    await patch({ updatePolicy: 'immediately' });
    await eventually(
      'newer pods',
      async () => {
        const now = await podsOf();
        return now.length === 2 && now.every((pod) => !pods.includes(pod));
      },
      { timeoutMs: AT_ONCE_MS },
    );
    await show.comeBack();
    await untilGoesOn(page);
    const status = await platform.untilPhase('hasty', 'Live');
    expect(status.startedAt).toBe(startedAt);
    expect(status.conditions?.filter(({ type }) => type === 'UpdatePending')).toEqual([]);
    await show.publisher.stop();
  });
});
