import { randomBytes } from 'node:crypto';
import { type ClusterProgram } from './cluster-program.ts';

const STORY_LABEL = 'showrunner.dev/story';
/** Namespaces of stories that did not come to their end may be looked at for this long. */
const LEFT_OVER_MS = 3_600_000;

/** A namespace of its own for one story. */
export interface StoryNamespace {
  readonly name: string;
  /** kubectl within the namespace. */
  readonly kubectl: ClusterProgram;
  /** Takes it away with all that is in it; does not wait for that. */
  delete(): Promise<void>;
}

/** Makes a namespace for the story of that name, as strict with pods as `restricted` of the Pod Security Standards. */
export async function storyNamespace(kubectl: ClusterProgram, story: string): Promise<StoryNamespace> {
  const name = `story-${story}-${randomBytes(3).toString('hex')}`;
  const labels = { [STORY_LABEL]: story, 'pod-security.kubernetes.io/enforce': 'restricted' };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  await kubectl(['create', '-f', '-'], { input: JSON.stringify(namespace) });
  return {
    name,
    kubectl: (args, options) => kubectl(['--namespace', name, ...args], options),
    delete: async () => {
      await kubectl(['delete', 'namespace', name, '--wait=false', '--ignore-not-found']);
    },
  };
}

interface NamespaceList {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly creationTimestamp: string } }[];
}

/** Takes the namespaces away that stories have left behind long ago: theirs who run beside this one are younger. */
export async function deleteLeftOvers(kubectl: ClusterProgram, now: number): Promise<void> {
  const { items } = JSON.parse(await kubectl(['get', 'namespaces', '-l', STORY_LABEL, '-o', 'json'])) as NamespaceList;
  const old = items.filter(({ metadata }) => now - Date.parse(metadata.creationTimestamp) > LEFT_OVER_MS);
  if (old.length === 0) return;
  await kubectl(['delete', 'namespaces', '--wait=false', ...old.map(({ metadata }) => metadata.name)]);
}
