import { isIP } from 'node:net';
import { streamId, type StreamRef } from '@showrunner/service-kit';
import type { StoreAdmission } from '../admission/store-admission.ts';

/** Longer than a pod takes to start on a node that has its image. */
const START_MS = 60_000;

/**
 * Where ingest pods are that are starting, as the statuses of their streams tell. An address that has stood there for longer may be
 * another pod's by now, where no operator looks after the status.
 */
export class StartingPods {
  readonly #admission: Pick<StoreAdmission, 'stream' | 'onChange'>;
  readonly #now: () => number;
  readonly #seen = new Map<string, { readonly podIP: string; readonly at: number }>();
  #unlisten: (() => void) | undefined;

  /** @param now In milliseconds. */
  constructor(admission: Pick<StoreAdmission, 'stream' | 'onChange'>, now: () => number) {
    this.#admission = admission;
    this.#now = now;
  }

  /** Sees what changes from now on. */
  start(): void {
    this.#unlisten ??= this.#admission.onChange((stream) => this.#look(stream));
  }

  /** Address of the pod of a stream, IPv4 or IPv6. */
  ipOf(stream: StreamRef): string | undefined {
    const seen = this.#seen.get(streamId(stream));
    return seen && this.#now() - seen.at < START_MS ? seen.podIP : undefined;
  }

  close(): void {
    this.#unlisten?.();
  }

  #look(stream: StreamRef): void {
    const id = streamId(stream);
    const podIP = this.#admission.stream(stream)?.status.ingest?.podIP;
    // Whatever else were written there would be looked up as a name.
    if (podIP === undefined || !isIP(podIP)) this.#seen.delete(id);
    else if (this.#seen.get(id)?.podIP !== podIP) this.#seen.set(id, { podIP, at: this.#now() });
  }
}
