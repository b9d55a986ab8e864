import { KUBE, KubeError, type KubeObject, type KubeResource } from '@showrunner/service-kit/kube';
import {
  type Apply,
  type DecidedEvent,
  type Decision,
  type Manifest,
  POD_MARKS,
  REFUSED_FOR_MS,
  type Refusal,
  REMOVALS,
  isRefusal,
  keptMessage,
  nameOf,
} from '../decide/index.ts';
import { APPLIED, annotationOf } from '../decide/objects/labels.ts';
import type { EventRecorder } from './event-recorder.ts';
import { withEntry, withoutEntry } from './small-map.ts';
import type { Writer } from './writer.ts';

/** What the API said to former writes for one resource, by the name of what was written (`nameOf`). */
export interface WriteMemory {
  refusals: ReadonlyMap<string, Refusal>;
  /** Names that somebody else's objects have. */
  taken: ReadonlyMap<string, TakenName>;
}

export interface TakenName {
  readonly resource: KubeResource;
  readonly namespace: string;
  readonly name: string;
}

export interface CarryOutOptions {
  readonly writer: Writer;
  readonly recorder: EventRecorder;
  /** Takes in an object as it is after a write. */
  readonly absorb: (resource: KubeResource, object: KubeObject, options?: { silent: boolean }) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const CONFLICT = 409;
const NOT_FOUND = 404;
const RESOURCES = new Map<string, KubeResource>(Object.values(KUBE).map((resource) => [resource.kind, resource]));
/** What pods need before they start. */
const BEFORE_PODS: ReadonlySet<string> = new Set([KUBE.secrets.kind, KUBE.services.kind]);

/**
 * Writes what was decided: first what pods need, then pods, what is to go, and the status last, so that it never promises what
 * is not there. Whoever dies in between leaves what the next decision completes. Answers `decide again` where a write was
 * refused for a reason that the status should tell, and `refused as before` where it tells it already: to be tried again after
 * `REFUSED_FOR_MS`. Throws where a write is to be tried again at once.
 */
export async function carryOut<Status>(
  { writer, recorder, absorb, now }: CarryOutOptions,
  { resource, object }: { resource: KubeResource; object: KubeObject },
  decision: Decision<Status>,
  memory: WriteMemory,
): Promise<'settled' | 'decide again' | 'refused as before'> {
  let isNews = false;
  const refusedNow = new Set<string>();
  const { namespace = '', name, uid = '' } = object.metadata;
  const tell = (events: readonly DecidedEvent[]) => {
    const { apiVersion, kind } = resource;
    for (const event of events) recorder.record({ apiVersion, kind, namespace, name, uid }, event);
  };

  const refused = (id: string, error: KubeError, applied = '') => {
    refusedNow.add(id);
    const before = memory.refusals.get(id);
    const message = keptMessage(error.message);
    memory.refusals = withEntry(memory.refusals, id, { object: id, applied, message, at: now() });
    if (before?.applied !== applied || before.message !== message) isNews = true;
  };
  const taken = (id: string) => {
    if (memory.refusals.has(id)) isNews = true;
    memory.refusals = withoutEntry(memory.refusals, id);
  };

  const attempt = async (manifest: Manifest, write: (resource: KubeResource) => Promise<KubeObject>) => {
    const kind = RESOURCES.get(manifest.kind)!;
    const { namespace, name } = manifest.metadata;
    const id = nameOf(manifest);
    const applied = annotationOf(manifest, APPLIED) ?? '';
    const before = memory.refusals.get(id);
    if (before?.applied === applied && now() < before.at + REFUSED_FOR_MS) return;
    try {
      absorb(kind, await write(kind));
      taken(id);
      memory.taken = withoutEntry(memory.taken, id);
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (isRefusal(error)) return refused(id, error, applied);
      if (error.code === CONFLICT) memory.taken = withEntry(memory.taken, id, { resource: kind, namespace, name });
      throw error;
    }
  };
  // No object to be made hangs on these: one refusal stands for all of them.
  const attemptAll = async <T>(what: string, items: readonly T[], write: (item: T) => Promise<unknown>) => {
    let refusal: KubeError | undefined;
    await all(items, (item) =>
      write(item).catch((error: unknown) => {
        if (error instanceof KubeError && isRefusal(error)) refusal ??= error;
        else ignoreGone(error);
      }),
    );
    if (refusal) refused(what, refusal);
    else if (items.length > 0) taken(what);
  };
  const apply = ({ manifest, uid }: Apply) => attempt(manifest, (kind) => writer.apply(kind, manifest, uid));

  await all(decision.create, (manifest) => attempt(manifest, (kind) => writer.create(kind, manifest)));
  await all(
    decision.apply.filter(({ manifest }) => BEFORE_PODS.has(manifest.kind)),
    apply,
  );
  await all(
    decision.apply.filter(({ manifest }) => !BEFORE_PODS.has(manifest.kind)),
    apply,
  );
  const isAllMade = refusedNow.size === 0;
  await attemptAll(REMOVALS, decision.delete, (ref) => writer.delete(ref));
  const isAllRemoved = !refusedNow.has(REMOVALS);
  if (isAllMade) tell(decision.writeEvents.filter(({ reason }) => isAllRemoved || reason !== 'PodsStopped'));
  await attemptAll(POD_MARKS, decision.podAnnotations, async ({ annotations, ...pod }) => {
    absorb(KUBE.pods, await writer.annotate(KUBE.pods, pod, annotations));
  });
  // The status that was decided knows nothing of it yet.
  if (isNews) return 'decide again';
  if (decision.status !== undefined) {
    absorb(resource, await writer.applyStatus(resource, object, decision.status), { silent: true });
  }
  tell(decision.events);
  return refusedNow.size === 0 ? 'settled' : 'refused as before';
}

/** What should go is gone, or another has its name by now. */
function ignoreGone(error: unknown): undefined {
  if (!(error instanceof KubeError && (error.code === NOT_FOUND || error.code === CONFLICT))) throw error;
}

/** Does all at once; one that fails keeps none of the others from ending. */
async function all<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(items.map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
