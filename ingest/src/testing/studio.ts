import { Registry } from '@prometheus-io/client';
import { onTestFinished } from 'vitest';
import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, type FlvTag } from '@showrunner/service-kit';
import { audioKind, videoKind } from '@showrunner/service-kit/flv';
import type { AdmissionPolicy } from '../admission/admission.ts';
import { oneKey, recorder, startIngest, STREAM } from './publish.ts';

/** An ingest that lets one key in, and a reader of its show, until the test is over. */
export async function studio(
  options: { policy?: Partial<AdmissionPolicy> } & Omit<
    Parameters<typeof startIngest>[0],
    'admission' | 'registry'
  > = {},
) {
  const { policy, ...rest } = options;
  const admission = oneKey(policy);
  const registry = new Registry();
  const ingest = await startIngest({ admission, registry, ...rest });
  onTestFinished(() => ingest.close());
  const reader = recorder();
  ingest.source.subscribe(STREAM, reader);
  const metric = async (name: string) => {
    const text = await registry.metrics();
    return text.split('\n').find((line) => line.startsWith(name));
  };
  return { admission, ingest, reader, metric, port: ingest.rtmpPort };
}

/** What kinds of video and sound came, and how the first script tag begins. */
export function kindsOf(tags: readonly FlvTag[]) {
  return {
    video: tags.filter(({ type }) => type === FLV_VIDEO).map(({ payload }) => videoKind(payload)),
    audio: tags.filter(({ type }) => type === FLV_AUDIO).map(({ payload }) => audioKind(payload)),
    script: tags.find(({ type }) => type === FLV_SCRIPT)?.payload.toString('latin1', 0, 13),
  };
}
