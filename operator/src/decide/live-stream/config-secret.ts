import { API_VERSION, LADDER_PRESETS, type LiveStream } from '@showrunner/crds';
import type { Manifest } from '../decision.ts';
import { hashOf, withHash } from '../objects/hash.ts';
import { CONFIG } from '../objects/labels.ts';
import type { OperatorSettings } from '../settings.ts';
import type { KeyHash } from './decide-keys.ts';
import { configName, metadataOf } from './object-names.ts';
import { newKeySecret } from './stream-key.ts';

/** Entries of the Secret that is mounted into the pods. */
export const CONFIG_ENTRIES = { stream: 'live-stream.json', flvToken: 'flvToken' } as const;

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** What the Secret says beside the spec. */
export interface ConfigGiven {
  readonly keyHashes: readonly KeyHash[];
  /** Epoch ms; while a show is on air, so that pods which replace others in mid-show go on with it. */
  readonly onAirSince: number | undefined;
  readonly flvToken: string;
  /** As `transcodeIn` reads it, of a show that goes on as it began: its segments keep their length, its renditions stay. */
  readonly runningTranscode: string | undefined;
  readonly settings: OperatorSettings;
}

/** What the entry `live-stream.json` says of transcoding, as text to be handed in again; `undefined` where it cannot be read. */
export function transcodeIn(entry: string | undefined): string | undefined {
  try {
    const { spec } = JSON.parse(entry ?? '') as Partial<Pick<LiveStream, 'spec'>>;
    return spec?.transcode && JSON.stringify(spec.transcode);
  } catch {
    return undefined;
  }
}

/**
 * The stream as its pods may know it: without how pods are made, and with a ladder that is allowed. Nor with what they do not go
 * by and might not be able to read, which would keep new keys from them.
 */
function forPods(stream: LiveStream, { keyHashes, onAirSince, runningTranscode, settings }: ConfigGiven) {
  const { namespace, name, uid } = stream.metadata;
  const { ingest, transcode, startAt: _startAt, ...rest } = stream.spec;
  const { pod: _ingestPod, ...ingestSpec } = ingest;
  const { pod: _transcodePod, ...transcodeSpec } = transcode;
  const tallest = Math.max(LADDER_PRESETS.indexOf(transcode.ladder), LADDER_PRESETS.indexOf(settings.maxLadder));
  const nextTranscode = { ...transcodeSpec, ladder: LADDER_PRESETS[tallest] ?? 'none' };
  return {
    apiVersion: API_VERSION,
    kind: 'LiveStream',
    metadata: { namespace, name, uid },
    spec: {
      ...rest,
      ingest: ingestSpec,
      transcode: runningTranscode === undefined ? nextTranscode : (JSON.parse(runningTranscode) as object),
    },
    status: {
      ingest: { keyHashes },
      ...(onAirSince === undefined ? {} : { startedAt: new Date(onAirSince).toISOString() }),
    },
  };
}

/** The Secret that is mounted into the pods of a stream: what they go by, and the token of the FLV link between them. */
export function configSecretOf(
  stream: LiveStream,
  given: ConfigGiven,
): { readonly content: string; readonly manifest: Manifest } {
  // Sorted, as the API server gives it back.
  const data = {
    [CONFIG_ENTRIES.flvToken]: base64(given.flvToken),
    [CONFIG_ENTRIES.stream]: base64(JSON.stringify(forPods(stream, given))),
  };
  const content = hashOf(data);
  const metadata = metadataOf(stream, { name: configName(stream.metadata.name) });
  const manifest = withHash({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, annotations: { [CONFIG]: content } },
    type: 'Opaque',
    data,
  });
  return { content, manifest };
}

/** The stream-key Secret of a stream that names none; it is made once and then left to who changes the key. */
export function keySecretManifest(stream: LiveStream, key: string): Manifest {
  const { metadata, stringData } = newKeySecret(stream, key);
  const { labels, ...rest } = metadataOf(stream, metadata);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...rest, labels: { ...labels, ...metadata.labels } },
    type: 'Opaque',
    stringData,
  };
}
