import { KUBE, type KubeClient, type KubeObject, type KubeWatchEvent } from '@showrunner/service-kit/kube';

interface Conditioned extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly ingest?: { readonly keyHashes?: readonly object[] };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly state?: { readonly running?: object } }[];
  };
}

/** What one waits for of a LiveStream and of its ingest pod, in the order in which it comes. */
const SEEN = {
  'key known': ({ status }: Conditioned) => (status?.ingest?.keyHashes?.length ?? 0) > 0,
  'pod made': (pod: Conditioned) => isIngest(pod),
  'pod placed': (pod: Conditioned) => isIngest(pod) && pod.spec?.nodeName !== undefined,
  'container runs': (pod: Conditioned) =>
    isIngest(pod) && pod.status?.containerStatuses?.[0]?.state?.running !== undefined,
  'pod ready': (pod: Conditioned) => isIngest(pod) && hasCondition(pod, 'Ready'),
  IngestReady: (stream: Conditioned) => hasCondition(stream, 'IngestReady'),
  'on air': ({ status }: Conditioned) => status?.phase === 'Live',
} as const;
export type Moment = keyof typeof SEEN;
/** How a pod comes to take its publisher. */
export const POD_STARTS = [
  'pod made',
  'pod placed',
  'container runs',
  'pod ready',
  'IngestReady',
] as const satisfies Moment[];

const PATIENCE_MS = 60_000;

const isIngest = ({ metadata }: Conditioned) => metadata.labels?.['app.kubernetes.io/component'] === 'ingest';
const hasCondition = ({ status }: Conditioned, wanted: string) =>
  status?.conditions?.some(({ type, status }) => type === wanted && status === 'True') === true;

/** When what happens in a namespace was seen first, by `performance.now()`. */
export class Moments {
  readonly #of: readonly Moment[];
  readonly #seen = new Map<Moment, number>();
  readonly #closed = new AbortController();
  readonly #waiting = new Map<Moment, () => void>();
  #failure: unknown;

  private constructor(of: readonly Moment[]) {
    this.#of = of;
  }

  /** Sees what comes from now on. */
  static async from(client: KubeClient, namespace: string, of: readonly Moment[]): Promise<Moments> {
    const moments = new Moments(of);
    for (const resource of [KUBE.liveStreams, KUBE.pods]) {
      const { resourceVersion: from } = await client.list(resource, { namespace });
      const events = client.watch<Conditioned>(resource, { namespace, from, signal: moments.#closed.signal });
      void moments.#follow(events).catch((error: unknown) => (moments.#failure = error));
    }
    return moments;
  }

  async until(moment: Moment): Promise<void> {
    if (this.#seen.has(moment)) return;
    await new Promise<void>((resolve, reject) => {
      const vain = () =>
        reject(new Error(`Waited ${PATIENCE_MS / 1_000} s in vain for: ${moment}`, { cause: this.#failure }));
      const overdue = setTimeout(vain, PATIENCE_MS);
      this.#waiting.set(moment, () => {
        clearTimeout(overdue);
        resolve();
      });
    });
  }

  /** `key known 120 ms, pod made 250 ms`: what was seen, each from `began` on. */
  since(began: number): string {
    const entries = [...this.#seen].sort(([, a], [, b]) => a - b);
    return entries.map(([moment, at]) => `${moment} ${(at - began).toFixed(0)} ms`).join(', ');
  }

  close(): void {
    this.#closed.abort();
  }

  async #follow(events: AsyncIterable<KubeWatchEvent<Conditioned>>): Promise<void> {
    for await (const event of events) {
      if (event.type === 'BOOKMARK' || event.type === 'DELETED') continue;
      for (const moment of this.#of) {
        if (this.#seen.has(moment) || !SEEN[moment](event.object)) continue;
        this.#seen.set(moment, performance.now());
        this.#waiting.get(moment)?.();
      }
    }
  }
}
