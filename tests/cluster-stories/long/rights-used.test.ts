import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { COMPONENT_RULES } from '../../../charts/generate/component-rules.ts';
import { eventually } from '../../support/eventually.ts';
import { openStudio, untilReason, type Studio } from '../support/index.ts';

/** What is read of a line of the API server's audit log. */
interface Asked {
  readonly verb: string;
  readonly user: { readonly username: string };
  /** Absent where no resource was asked for, such as for the server's version. */
  readonly objectRef?: { readonly resource: string; readonly apiGroup?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
}

const ACCOUNTS = { operator: 'operator', 'front door': 'front-door', web: 'web' } as const;
const NOT_ALLOWED = 403;
const CREATED = 201;

const cluster = inject('cluster');

/** Every right that the chart grants, as `list apps/deployments`. */
function granted(who: string): string[] {
  return COMPONENT_RULES.filter((component) => component.who === who)
    .flatMap(({ rules }) => rules)
    .flatMap(({ apiGroups, resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${apiGroups[0]}/${resource}`)),
    )
    .sort();
}

/** Every right that an account has made use of so far. */
async function used(account: string): Promise<string[]> {
  const lines = (await readFile(cluster.auditLog!, 'utf8')).split('\n').filter((line) => line.includes(account));
  const rights = lines.flatMap((line) => {
    const { verb, user, objectRef, responseStatus } = JSON.parse(line) as Asked;
    if (user.username !== account || !objectRef || responseStatus?.code === NOT_ALLOWED) return [];
    const { apiGroup = '', resource, subresource } = objectRef;
    const what = `${apiGroup}/${resource}${subresource ? `/${subresource}` : ''}`;
    // What is applied and was not there is made, for which its maker needs both rights.
    const makes = verb === 'patch' && responseStatus?.code === CREATED;
    return makes ? [`patch ${what}`, `create ${what}`] : [`${verb} ${what}`];
  });
  return [...new Set(rights)].sort();
}

/** That no right is missing is seen in every story; here, that none is granted for nothing. */
describe.skipIf(cluster.auditLog === undefined)('the rights of the components', () => {
  let studio: Studio;

  beforeAll(async () => {
    studio = await openStudio(cluster, 'rights');
  });
  afterAll(() => studio?.close());

  const stranger = (apiVersion: string, kind: string, name: string, content: object) =>
    studio.platform.tenant.kubectl(['apply', '--filename', '-'], {
      input: JSON.stringify({ apiVersion, kind, metadata: { name }, ...content }),
    });

  it('are all made use of, in the life of a few streams', async () => {
    const { platform } = studio;
    const { tenant } = platform;
    const labels = { app: 'stranger' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'none', image: 'example.invalid/none' }] } };
    const deployment = { replicas: 0, selector: { matchLabels: labels }, template };
    const budget = { selector: { matchLabels: labels }, maxUnavailable: 1 };
    await stranger('v1', 'Secret', 'one-live-stream', {});
    await stranger('v1', 'Service', 'two-ingest', { spec: { ports: [{ port: 1 }] } });
    await stranger('apps/v1', 'Deployment', 'three-transcoder', { spec: deployment });
    await stranger('policy/v1', 'PodDisruptionBudget', 'guarded-ingest', { spec: budget });
    for (const name of ['one', 'two', 'three']) {
      await platform.apply(name);
      await untilReason(tenant.kubectl, name, 'Stalled', 'NameTaken');
    }

    await studio.goOnAir('guarded');
    // The configuration follows the key.
    const patch = JSON.stringify({ stringData: { streamKey: randomBytes(20).toString('hex') } });
    await tenant.kubectl(['patch', 'secret', 'guarded-stream-key', '--patch', patch]);
    await platform.apply('guarded', { enabled: false });
    // Twice, so that what is told is told again.
    for (const round of [1, 2]) {
      await platform.apply('switched');
      await platform.untilReady('switched');
      await platform.apply('switched', { enabled: false });
      await eventually(
        `pods to be gone (${round})`,
        async () => (await platform.pods('switched', 'ingest')).length === 0,
      );
    }

    const home = platform.home.name;
    for (const [who, name] of Object.entries(ACCOUNTS)) {
      const account = `system:serviceaccount:${home}:live-showrunner-${name}`;
      await eventually(
        `all rights of ${who} to be used`,
        async () => {
          const rights = await used(account);
          const unused = granted(who).filter((right) => !rights.includes(right));
          if (unused.length > 0) throw new Error(`not used: ${unused.join(', ')}`);
          return true;
        },
        { timeoutMs: 30_000, everyMs: 1_000 },
      );
      expect(await used(account)).toEqual(granted(who));
    }
  });
});
