import type { LiveStream } from '@showrunner/crds';
import { eventually } from '../../support/eventually.ts';
import type { ClusterProgram } from './cluster-program.ts';

/** A LiveStream as kubectl takes it. */
export function liveStream(name: string, spec: object = {}): string {
  return JSON.stringify({ apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: { name }, spec });
}

/** Objects of some kinds, as `deployment/live-ingest`. */
export async function namesOf(kubectl: ClusterProgram, kinds: string): Promise<string[]> {
  const words = (await kubectl(['get', kinds, '-o', 'name'])).split('\n').filter((word) => word !== '');
  return words.map((word) => word.replace(/\.[^/]*\//, '/')).sort();
}

export async function readStream(kubectl: ClusterProgram, name: string): Promise<LiveStream> {
  return JSON.parse(await kubectl(['get', 'livestream', name, '-o', 'json'])) as LiveStream;
}

export async function readStreams(kubectl: ClusterProgram): Promise<LiveStream[]> {
  const { items } = JSON.parse(await kubectl(['get', 'livestreams', '-o', 'json'])) as { items: LiveStream[] };
  return items;
}

/** Waits until a LiveStream's condition has a reason, and answers its sentence. */
export function untilReason(
  kubectl: ClusterProgram,
  name: string,
  type: string,
  reason: string,
  timeoutMs = 15_000,
): Promise<string> {
  return eventually(
    `condition ${type} of ${name} to say ${reason}`,
    async () => {
      const { status } = await readStream(kubectl, name);
      const condition = status.conditions?.find((condition) => condition.type === type);
      if (condition?.reason !== reason) throw new Error(`${type} says ${condition?.reason}: ${condition?.message}`);
      return condition.message;
    },
    { timeoutMs, everyMs: 250 },
  );
}

/** Version of each object of some kinds, and of the LiveStreams. */
export async function versionsOf(kubectl: ClusterProgram, kinds: string): Promise<Record<string, string>> {
  const { items } = JSON.parse(await kubectl(['get', kinds, '-o', 'json'])) as {
    items: { kind: string; metadata: { name: string; resourceVersion: string } }[];
  };
  return Object.fromEntries(items.map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.resourceVersion]));
}
