import type { Logger } from '@showrunner/service-kit';
import type { Door } from '../door.ts';

/** A door that may be closed without harm while it is idle. */
export interface DoorOnDemandOptions {
  /** Makes the door anew each time that it is opened. */
  readonly make: () => Door & { readonly idle: boolean };
  readonly isWanted: () => boolean;
  readonly logger: Logger;
  /** The state is another one. */
  readonly changed: () => void;
}

/** `problem`: why it does not open, as a sentence. It is tried again. */
export type DoorState = 'closed' | 'opening' | 'open' | { readonly problem: string };

/** How often it is looked whether the door is idle, or can be opened by now. */
const LOOK_MS = 1_000;
const RETRY_MS = 5_000;

/** Opens a door once it is wanted, and closes it when it is wanted no more and nobody publishes. */
export class DoorOnDemand implements Door {
  readonly #options: DoorOnDemandOptions;
  readonly #closed = new AbortController();
  #door: ReturnType<DoorOnDemandOptions['make']> | undefined;
  #state: DoorState = 'closed';
  #settling: Promise<void> | undefined;
  #looking: NodeJS.Timeout | undefined;
  #retryAt = 0;

  constructor(options: DoorOnDemandOptions) {
    this.#options = options;
  }

  get port(): number {
    return this.#door?.port ?? 0;
  }

  get state(): DoorState {
    return this.#state;
  }

  /** Waits until the door is open where it is wanted; where it does not open, `state` tells why. */
  async start(): Promise<void> {
    this.#looking = setInterval(() => this.look(), LOOK_MS);
    this.look();
    await this.#settling;
  }

  /** To be called when it may be wanted, or not any more. */
  look(): void {
    // Before the start nothing is opened.
    if (!this.#looking || this.#closed.signal.aborted) return;
    this.#settling ??= this.#settle().finally(() => (this.#settling = undefined));
  }

  async drain(signal: AbortSignal): Promise<void> {
    await this.#door?.drain(signal);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    clearInterval(this.#looking);
    await this.#settling;
    await this.#door?.close();
  }

  async #settle(): Promise<void> {
    const { isWanted } = this.#options;
    if (!isWanted()) {
      if (this.#door?.idle ?? true) await this.#shut();
    } else if (!this.#door && performance.now() >= this.#retryAt) await this.#open();
  }

  async #open(): Promise<void> {
    if (typeof this.#state === 'string') this.#become('opening');
    const door = this.#options.make();
    try {
      await door.start();
    } catch (error) {
      this.#options.logger.error({ err: error }, 'an engine does not start; trying again');
      this.#retryAt = performance.now() + RETRY_MS;
      this.#become({ problem: (error as Error).message });
      return;
    }
    this.#door = door;
    this.#become('open');
  }

  async #shut(): Promise<void> {
    const door = this.#door;
    this.#door = undefined;
    await door?.close();
    this.#retryAt = 0;
    this.#become('closed');
  }

  #become(state: DoorState): void {
    const before = this.#state;
    this.#state = state;
    const problem = (of: DoorState) => (typeof of === 'string' ? of : of.problem);
    if (problem(before) !== problem(state)) this.#options.changed();
  }
}
