import type { LiveStream, ObjectMeta } from '@showrunner/crds';

const METADATA = ['namespace', 'name', 'uid', 'resourceVersion', 'generation', 'creationTimestamp'];

/**
 * A LiveStream for who holds all of them in memory and makes no pods: without how these are made, and without what others wrote
 * into its metadata, all of which can be long.
 */
export function leanLiveStream(stream: LiveStream): LiveStream {
  const { ingest, transcode } = stream.spec;
  const { pod: _ingestPod, ...leanIngest } = ingest;
  const { pod: _transcodePod, ...leanTranscode } = transcode;
  const metadata = Object.fromEntries(Object.entries(stream.metadata).filter(([field]) => METADATA.includes(field)));
  return {
    ...stream,
    metadata: metadata as ObjectMeta,
    spec: { ...stream.spec, ingest: leanIngest, transcode: leanTranscode },
  };
}
