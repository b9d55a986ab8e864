import { eventually } from '../../support/eventually.ts';
import type { StoryNamespace } from './story-namespace.ts';
import { untilCondition } from './until-condition.ts';

/** A namespace with LiveStreams that a platform carries out. */
export interface Tenant {
  readonly tenant: StoryNamespace;
  /** Creates or changes a LiveStream of the tenant. */
  apply(name: string, spec?: object): Promise<void>;
  /** Resolves once the LiveStream is Ready. */
  untilReady(name: string, timeoutMs?: number): Promise<void>;
  status(name: string): Promise<StreamStatus>;
  /** The condition's reason and message where it is True. */
  condition(name: string, type: string): Promise<{ reason: string; message: string } | undefined>;
  untilPhase(name: string, phase: string, timeoutMs?: number): Promise<StreamStatus>;
  /** Where a publisher of the LiveStream pushes to, with its key. */
  publishUrl(name: string): Promise<string>;
  watchUrl(name: string): string;
  playlistUrl(name: string): string;
  /** Names of the pods of a component of a LiveStream that are not ending. */
  pods(name: string, component: 'ingest' | 'transcoder'): Promise<string[]>;
}

/** Where a platform is reached. */
export interface PlatformUrls {
  readonly rtmpUrl: string;
  /** Pages and API. */
  readonly webUrl: string;
  /** Of `/hls`. */
  readonly mediaUrl: string;
}

export interface StreamStatus {
  readonly phase?: string;
  readonly observedGeneration?: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly ingest?: { readonly server?: string; readonly keyHashes?: readonly { readonly sha256: string }[] };
  readonly conditions?: readonly Condition[];
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

interface PodList {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly deletionTimestamp?: string } }[];
}

export function tenantOf(tenant: StoryNamespace, { rtmpUrl, webUrl, mediaUrl }: PlatformUrls): Tenant {
  const status = async (name: string) => {
    const text = await tenant.kubectl(['get', 'livestream', name, '--output', 'json']);
    return (JSON.parse(text) as { status?: StreamStatus }).status ?? {};
  };
  return {
    tenant,
    apply: async (name, spec = {}) => {
      const stream = { apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: { name }, spec };
      await tenant.kubectl(['apply', '--filename', '-'], { input: JSON.stringify(stream) });
    },
    untilReady: (name, timeoutMs = 30_000) => untilCondition(tenant.kubectl, `livestream/${name}`, 'Ready', timeoutMs),
    status,
    condition: async (name, type) => {
      const found = (await status(name)).conditions?.find((condition) => condition.type === type);
      return found?.status === 'True' ? found : undefined;
    },
    untilPhase: (name, phase, timeoutMs = 20_000) =>
      eventually(
        `phase ${phase} of ${name}`,
        async () => {
          const found = await status(name);
          if (found.phase === phase) return found;
          throw new Error(`phase ${found.phase}`);
        },
        { timeoutMs, everyMs: 200 },
      ),
    publishUrl: async (name) => {
      const path = ['get', 'secret', `${name}-stream-key`, '--output', 'jsonpath={.data.streamKey}'];
      return `${rtmpUrl}/${Buffer.from(await tenant.kubectl(path), 'base64').toString()}`;
    },
    watchUrl: (name) => `${webUrl}/watch/${tenant.name}/${name}`,
    playlistUrl: (name) => `${mediaUrl}/hls/${tenant.name}/${name}/master.m3u8`,
    pods: async (name, component) => {
      const labels = `showrunner.dev/live-stream=${name},app.kubernetes.io/component=${component}`;
      const text = await tenant.kubectl(['get', 'pods', '--selector', labels, '--output', 'json']);
      return (JSON.parse(text) as PodList).items
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => metadata.name);
    },
  };
}
