import { LADDER_PRESETS, type LiveStreamSpec, type PodSpec, type StreamComponent } from '@showrunner/crds';
import { quantityOf } from '../objects/quantity.ts';

type Ladder = LiveStreamSpec['transcode']['ladder'];
type Engine = LiveStreamSpec['ingest']['engine'];
export interface Resources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/** CPU in thousandths of a core, memory in MiB. */
interface Need {
  readonly cpu: number;
  readonly memory: number;
}

/** One 1080p stream passed through takes 3 to 5 m (docs/performance.md) and a Node process 60 to 90 MiB. */
const INGEST: Readonly<Record<Engine, Need>> = {
  'node-media-server': { cpu: 20, memory: 96 },
  'nginx-rtmp': { cpu: 20, memory: 112 },
};
const PACKAGER: Need = { cpu: 20, memory: 112 };
/** ffmpeg decoding 1080p30, before anything is encoded. */
const DECODER: Need = { cpu: 100, memory: 64 };
/** x264 veryfast, zerolatency, 30 frames a second of a noisy picture, on one core of 2 GHz class. */
const RUNGS: Readonly<Record<Exclude<Ladder, 'none'>, Need>> = {
  '1080p': { cpu: 600, memory: 160 },
  '720p': { cpu: 350, memory: 80 },
  '480p': { cpu: 200, memory: 48 },
  '360p': { cpu: 120, memory: 32 },
};
/** Media in memory and garbage that waits (docs/performance.md) come on top of what is usual. */
const MEMORY_HEADROOM = 288;

function needOf(component: StreamComponent, { engine, ladder }: { engine: Engine; ladder: Ladder }): Need {
  if (component === 'ingest') return INGEST[engine];
  const rungs = LADDER_PRESETS.slice(LADDER_PRESETS.indexOf(ladder)).filter((rung) => rung !== 'none');
  const needs = rungs.length > 0 ? [PACKAGER, DECODER, ...rungs.map((rung) => RUNGS[rung])] : [PACKAGER];
  return {
    cpu: needs.reduce((sum, { cpu }) => sum + cpu, 0),
    memory: needs.reduce((sum, { memory }) => sum + memory, 0),
  };
}

/**
 * What a component's container asks for: by engine and ladder, or what the spec says in its place. No limit of CPU, which would
 * make parts late; where one side alone is given, the default of the other gives way, since requests may not exceed limits.
 */
export function resourcesOf(
  component: StreamComponent,
  by: { engine: Engine; ladder: Ladder },
  given: PodSpec['resources'],
): Resources {
  const { cpu, memory } = needOf(component, by);
  const requests = given?.requests ?? { cpu: `${cpu}m`, memory: `${memory}Mi` };
  const limits = given?.limits ?? { memory: `${memory + MEMORY_HEADROOM}Mi` };
  if (given?.requests && given.limits) return { requests, limits };
  const amount = (text: string | undefined) => (text === undefined ? undefined : quantityOf(text));
  const fits = (resource: string) => (amount(requests[resource]) ?? 0) <= (amount(limits[resource]) ?? Infinity);
  const giving = given?.limits ? requests : limits;
  const taken = given?.limits ? limits : requests;
  const fitted = Object.fromEntries(
    Object.entries(giving).map(([resource, value]) => [resource, fits(resource) ? value : (taken[resource] ?? value)]),
  );
  return given?.limits ? { requests: fitted, limits } : { requests, limits: fitted };
}
