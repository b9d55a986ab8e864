import { CLUSTER_PORTS, type StreamComponent } from '@showrunner/crds';
import { type StreamRef, ingestStateSchema, transcoderStateSchema } from '@showrunner/service-kit';
import type { z } from 'zod';
import type { PodAnswer, PodAnswers } from '../../decide/index.ts';
import type { PodHttp } from '../pod-http.ts';
import type { KeptPod } from './kept.ts';

/** Asks all pods of a stream at once how its show stands. Who does not answer within a second has answered nothing. */
export async function askPods(
  http: PodHttp,
  { namespace, name }: StreamRef,
  pods: readonly KeptPod[],
): Promise<PodAnswers> {
  const path = `/state/${namespace}/${name}`;
  const ask = <S extends z.ZodType>(component: StreamComponent, schema: S): Promise<PodAnswer<z.output<S>>[]> =>
    Promise.all(
      pods
        .filter((pod) => pod.component === component && !pod.finished && pod.ip !== undefined)
        .map(async ({ uid, ready, ip }) => {
          const answer = schema.safeParse(await http.get(ip!, CLUSTER_PORTS.ops, path));
          return { pod: uid, ready, state: answer.success ? answer.data : undefined };
        }),
    );
  const [ingest, transcoder] = await Promise.all([
    ask('ingest', ingestStateSchema),
    ask('transcoder', transcoderStateSchema),
  ]);
  return { ingest, transcoder };
}
