import type { LiveStream } from '@showrunner/crds';
import type { LiveStreamInformer } from './informer.ts';
import { isListed, liveStreamView } from './live-stream-view.ts';

/** What anyone may know of live streams as JSON: of each stream and of the list written once after a change, whoever asks. */
export class LiveStreamJson {
  readonly #informer: Pick<LiveStreamInformer, 'all' | 'onChange'>;
  /** A changed stream is another object. */
  readonly #views = new WeakMap<LiveStream, string>();
  #list: Buffer | undefined;

  constructor(informer: Pick<LiveStreamInformer, 'all' | 'onChange'>) {
    this.#informer = informer;
    informer.onChange(() => (this.#list = undefined));
  }

  view(stream: LiveStream): string {
    let view = this.#views.get(stream);
    if (view === undefined) {
      view = JSON.stringify(liveStreamView(stream));
      this.#views.set(stream, view);
    }
    return view;
  }

  /** `{"items":[…]}` with all that are listed; until something changes the same buffer. */
  list(): Buffer {
    return (this.#list ??= this.items(this.#informer.all().filter(isListed)));
  }

  /** The same of some streams. */
  items(streams: readonly LiveStream[]): Buffer {
    return Buffer.from(`{"items":[${streams.map((stream) => this.view(stream)).join()}]}`);
  }
}
