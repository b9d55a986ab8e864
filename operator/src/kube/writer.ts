import { KubeError, type KubeClient, type KubeObject, type KubeResource } from '@showrunner/service-kit/kube';
import type { Manifest, ObjectRef } from '../decide/index.ts';
import { MANAGED_BY, MANAGER } from '../decide/objects/labels.ts';
import type { Term } from './leader.ts';

/** Owner of the fields that the operator sets. */
export const FIELD_MANAGER = 'showrunner-operator';

const CONFLICT = 409;
/**
 * The API server makes an object that is applied with a resourceVersion, where there is none, and answers 409 to any other version
 * of one that is there. No object has the first: the store's revisions begin with it.
 */
const OF_NO_OBJECT = '1';

/** Another may lead by now. */
export class TermOverError extends Error {
  override readonly name = 'TermOverError';
  constructor() {
    super('The term as leader is over: nothing is written any more.');
  }
}

export interface WriterOptions {
  readonly client: KubeClient;
  readonly term: Term;
  readonly onWrite: (written: { verb: string; kind: string; code: string }) => void;
}

/** Every write of a leader: refused when its term is over, and counted. Throws TermOverError and KubeError. */
export class Writer {
  readonly #client: KubeClient;
  readonly #term: Term;
  readonly #onWrite: WriterOptions['onWrite'];

  constructor({ client, term, onWrite }: WriterOptions) {
    this.#client = client.until(term.signal, () => term.isValid());
    this.#term = term;
    this.#onWrite = onWrite;
  }

  create(resource: KubeResource, manifest: Manifest): Promise<KubeObject> {
    const { namespace } = manifest.metadata;
    return this.#write('create', resource, () =>
      this.#client.create<KubeObject>(resource, manifest, namespace, { fieldManager: FIELD_MANAGER }),
    );
  }

  /**
   * `uid`: by force, to that very object. Without, the object is to be made, and a stranger's of its name answers 409: an apply
   * without force would adopt one that says nothing to the contrary, such as a Service without a selector.
   */
  apply(resource: KubeResource, manifest: Manifest, uid: string | undefined): Promise<KubeObject> {
    const as = (metadata: object, force: boolean) => {
      const object = { ...manifest, metadata: { ...manifest.metadata, ...metadata } };
      return this.#client.apply<KubeObject>(resource, object, { fieldManager: FIELD_MANAGER, force });
    };
    return this.#write('apply', resource, async () => {
      if (uid !== undefined) return as({ uid }, true);
      try {
        return await as({ resourceVersion: OF_NO_OBJECT }, false);
      } catch (error) {
        if (!(error instanceof KubeError && error.code === CONFLICT)) throw error;
        await this.#refuseStranger(resource, manifest);
        return as({}, false);
      }
    });
  }

  /** To the version that was read. */
  applyStatus(resource: KubeResource, { metadata }: KubeObject, status: unknown): Promise<KubeObject> {
    const { namespace, name, resourceVersion } = metadata;
    const object = { metadata: { namespace, name, resourceVersion }, status } as KubeObject;
    const options = { fieldManager: FIELD_MANAGER, force: true };
    return this.#write('apply status', resource, () => this.#client.applyStatus<KubeObject>(resource, object, options));
  }

  annotate(
    resource: KubeResource,
    { namespace, name, uid }: { namespace: string; name: string; uid: string },
    annotations: Readonly<Record<string, string | null>>,
  ): Promise<KubeObject> {
    const patch = { metadata: { uid, annotations } };
    return this.#write('patch', resource, () => this.#client.merge<KubeObject>(resource, name, namespace, patch));
  }

  delete({ resource, namespace, name, uid }: ObjectRef): Promise<void> {
    return this.#write('delete', resource, () => this.#client.delete(resource, name, namespace, uid));
  }

  /** One of ours may have come into being since the last look. */
  async #refuseStranger(resource: KubeResource, { metadata: { namespace, name } }: Manifest): Promise<void> {
    const found = await this.#client.get<KubeObject>(resource, name, namespace);
    if (found.metadata.labels?.[MANAGED_BY] === MANAGER) return;
    throw new KubeError(CONFLICT, {
      reason: 'AlreadyExists',
      message: `${resource.kind} "${name}" is somebody else's.`,
    });
  }

  async #write<T>(verb: string, { kind }: KubeResource, write: () => Promise<T>): Promise<T> {
    if (!this.#term.isValid()) throw new TermOverError();
    try {
      const answer = await write();
      this.#onWrite({ verb, kind, code: 'ok' });
      return answer;
    } catch (error) {
      if (!this.#term.isValid()) throw new TermOverError();
      this.#onWrite({ verb, kind, code: error instanceof KubeError ? String(error.code) : 'none' });
      throw error;
    }
  }
}
