import type { Engine } from '@showrunner/crds';
import { streamId, type StreamRef } from '@showrunner/service-kit';
import type { Admission } from '../admission/admission.ts';
import type { StoreAdmission } from '../admission/store-admission.ts';
import type { DoorContext } from '../door.ts';
import { refusal } from '../errors.ts';

export interface EngineChoiceOptions {
  readonly admission: StoreAdmission;
  /** Whether the stream has a show, or a publisher that is about to begin one. */
  readonly isOn: (stream: StreamRef) => boolean;
  /** What goes into the Server field of OBS. */
  readonly servers: Readonly<Record<Engine, string>>;
}

/**
 * Which engine takes the publishers of which stream, where several run side by side: the one in its spec; and while a show
 * is on also the one that it began with, so that its publisher may come back after the spec has changed.
 */
export class EngineChoice {
  readonly #options: EngineChoiceOptions;
  /** Of each stream that is not switched off. */
  readonly #chosen = new Map<string, { readonly stream: StreamRef; readonly engine: Engine }>();
  /** Which engine the last publisher came in by that a show took. */
  readonly #used = new Map<string, { readonly stream: StreamRef; readonly engine: Engine }>();
  readonly #unlisten: () => void;

  /** Must be made before the admission starts: from then on it hears of every stream. `changed` is called after each. */
  constructor(options: EngineChoiceOptions, changed: () => void) {
    this.#options = options;
    this.#unlisten = options.admission.onChange((stream) => {
      const id = streamId(stream);
      const spec = options.admission.stream(stream)?.spec;
      if (spec?.enabled) this.#chosen.set(id, { stream, engine: spec.ingest.engine });
      else this.#chosen.delete(id);
      changed();
    });
  }

  /** Whether any stream may have a publisher at this engine. */
  wants(engine: Engine): boolean {
    for (const [id, { stream }] of this.#used) if (!this.#options.isOn(stream)) this.#used.delete(id);
    return [...this.#chosen.values(), ...this.#used.values()].some((each) => each.engine === engine);
  }

  /** Lets in at one engine whom the others would refuse, and the other way round. */
  admissionOf(engine: Engine): Admission {
    const { admission, servers } = this.#options;
    return {
      admit: async (key) => {
        const result = await admission.admit(key);
        if (!result.admitted) return result;
        const right = this.#chosen.get(streamId(result.stream))?.engine ?? engine;
        if (right === engine || this.#isOnAt(engine, result.stream)) return result;
        const sentence = `This show takes its publisher at ${servers[right]}: put that into the Server field.`;
        return { admitted: false, refusal: refusal('other-engine', sentence) };
      },
      review: (grant) => admission.review(grant),
      barred: (stream) => admission.barred(stream),
      onChange: (listener) => admission.onChange(listener),
    };
  }

  /** The same shows; whose publisher comes in by this engine is on at it. */
  showsOf(engine: Engine, shows: DoorContext['shows']): DoorContext['shows'] {
    return {
      publish: (stream, connection, policy) => {
        const publisher = shows.publish(stream, connection, policy);
        if (publisher) this.#used.set(streamId(stream), { stream, engine });
        return publisher;
      },
      end: (stream, reason) => shows.end(stream, reason),
      sweep: () => shows.sweep(),
      state: (stream) => shows.state(stream),
    };
  }

  close(): void {
    this.#unlisten();
  }

  #isOnAt(engine: Engine, stream: StreamRef): boolean {
    return this.#used.get(streamId(stream))?.engine === engine && this.#options.isOn(stream);
  }
}
