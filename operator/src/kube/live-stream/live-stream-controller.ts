import type { StreamRef } from '@showrunner/service-kit';
import type { Controller, Leading } from '../controller.ts';
import type { Term } from '../leader.ts';
import { ClusterView } from './cluster-view.ts';
import { StreamReconciler, type StreamReconcilerOptions } from './stream-reconciler.ts';

export interface LiveStreamControllerOptions extends Omit<StreamReconcilerOptions, 'view' | 'term' | 'now'> {
  /** All where none is named. */
  readonly namespaces: readonly string[];
}

/** Keeps the pods and the status of each LiveStream as they should be. */
export class LiveStreamController implements Controller {
  readonly #options: LiveStreamControllerOptions;
  readonly #view: ClusterView;
  #leading: StreamReconciler | undefined;

  constructor(options: LiveStreamControllerOptions) {
    this.#options = options;
    const { client, namespaces, settings, logger, metrics } = options;
    this.#view = new ClusterView({
      client,
      namespaces,
      settings,
      logger,
      onSynced: () => this.#leading?.addAll(),
      onChange: (namespace, name) => this.#leading?.changed({ namespace, name }),
      onRoomChange: (namespace) => this.#leading?.roomChanged(namespace),
    });
    metrics.gauge('showrunner_operator_live_streams', 'LiveStreams that are known.', () => this.#view.size);
    metrics.gauge(
      'showrunner_operator_unheard_kinds',
      'Kinds of objects, in each namespace that is watched, of which nothing is heard at the moment.',
      () => this.#view.problems.length,
    );
  }

  get problems(): readonly string[] {
    return this.#view.synced ? [] : this.#view.problems;
  }

  start(): void {
    this.#view.start();
  }

  lead(term: Term): Leading {
    const reconciler = new StreamReconciler({ ...this.#options, view: this.#view, term });
    this.#leading = reconciler;
    reconciler.start();
    return {
      get queueDepth() {
        return reconciler.queueDepth;
      },
      get failing() {
        return reconciler.failing;
      },
      close: () => {
        if (this.#leading === reconciler) this.#leading = undefined;
        return reconciler.close();
      },
    };
  }

  /** A publisher waits for a stream. */
  knock(stream: StreamRef): 'taken' | 'unknown' | 'not the leader' {
    return this.#leading?.knock(stream) ?? 'not the leader';
  }

  async close(): Promise<void> {
    await this.#view.close();
  }
}
