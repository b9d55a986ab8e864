import { API_VERSION, childName, componentName, type LiveStream, type StreamComponent } from '@showrunner/crds';
import type { Manifest } from '../decision.ts';
import { COMPONENT, MANAGED_BY, MANAGER } from '../objects/labels.ts';

export const COMPONENTS = ['ingest', 'transcoder'] as const satisfies readonly StreamComponent[];

/** On every object and pod of a LiveStream: its name. */
export const LIVE_STREAM = 'showrunner.dev/live-stream';

/** The Secret that is mounted into the pods of a stream. */
export function configName(stream: string): string {
  return childName(stream, 'live-stream');
}

/** On every pod of a component, whichever stream it belongs to. */
export function componentLabels(component: StreamComponent): Record<string, string> {
  return { [MANAGED_BY]: MANAGER, [COMPONENT]: component };
}

/** On the pods of a component of one stream. */
export function podLabels(stream: LiveStream, component: StreamComponent): Record<string, string> {
  return { ...componentLabels(component), [LIVE_STREAM]: stream.metadata.name };
}

/** Name, labels and owner of an object; of a component, or of the stream as a whole. */
export function metadataOf(stream: LiveStream, of: StreamComponent | { readonly name: string }): Manifest['metadata'] {
  const { namespace, name, uid = '' } = stream.metadata;
  const isComponent = typeof of === 'string';
  return {
    namespace,
    name: isComponent ? componentName(name, of) : of.name,
    labels: isComponent ? podLabels(stream, of) : { [MANAGED_BY]: MANAGER, [LIVE_STREAM]: name },
    // Not blockOwnerDeletion, which takes a right that is needed for nothing else.
    ownerReferences: [{ apiVersion: API_VERSION, kind: 'LiveStream', name, uid, controller: true }],
  };
}
