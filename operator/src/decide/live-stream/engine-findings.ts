import type { LiveStream } from '@showrunner/crds';
import type { Finding } from './findings.ts';

/** How the engine of a spec stands where it runs on demand; `problem` is a sentence. */
export type EngineState = 'ready' | 'starting' | { readonly problem: string };

/** Why the engine keeps a stream from being ready; `undefined` where it does not. */
export function engineFinding(engine: EngineState): Finding<'Ready'> | undefined {
  if (engine === 'ready') return undefined;
  return engine === 'starting'
    ? { type: 'Ready', status: 'False', reason: 'Starting', message: 'The engine of the stream is starting.' }
    : { type: 'Ready', status: 'False', reason: 'EngineUnavailable', message: engine.problem };
}

/** What the engine of the spec does not do, whatever the rest of the spec says (docs/guides/nginx-rtmp.md). */
export function engineLimits(stream: LiveStream): Finding<'EngineLimits'>[] {
  if (stream.spec.ingest.engine !== 'nginx-rtmp') return [];
  const message =
    'nginx-rtmp hangs up without a word on a publisher that is refused, replaced or ended: only the log says why.';
  return [{ type: 'EngineLimits', status: 'True', reason: 'NotWithNginx', message }];
}
