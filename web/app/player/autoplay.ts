/** What the browser allows without the viewer's doing: all, only a silent picture, or nothing. */
export type AutoplayOutcome = 'allowed' | 'muted' | 'refused';

export interface Playable {
  /** The media element. */
  readonly video: { muted: boolean };
  /** Rejects with a NotAllowedError where the browser wants to be asked by the viewer first. */
  play(): Promise<unknown>;
}

/**
 * Starts with sound where the browser lets it, else in silence, else waits for the viewer. What was silenced here
 * sounds again as soon as the viewer plays by hand.
 */
export class Autoplay {
  readonly #media: Playable;
  readonly #changed: () => void;
  #outcome: AutoplayOutcome = 'allowed';
  #silencedHere = false;

  constructor(media: Playable, changed: () => void) {
    this.#media = media;
    this.#changed = changed;
  }

  get outcome(): AutoplayOutcome {
    return this.#outcome;
  }

  /** Plays without being asked. */
  async start(): Promise<void> {
    if (await this.#allowed()) return this.#played();
    if (!this.#media.video.muted) {
      this.#silencedHere = true;
      this.#media.video.muted = true;
      if (await this.#allowed()) return this.#become('muted');
    }
    this.#become('refused');
  }

  /** Plays because the viewer asked for it. */
  async startByHand(): Promise<void> {
    if (this.#outcome === 'refused' && this.#silencedHere) this.soundWanted();
    if (!(await this.#allowed())) return this.#become('refused');
    this.#played();
  }

  /** The viewer wants to hear it. */
  soundWanted(): void {
    this.#media.video.muted = false;
    this.#silencedHere = false;
    if (this.#outcome === 'muted') this.#become('allowed');
  }

  /** False for a refusal; any other failure is told by the media itself. */
  async #allowed(): Promise<boolean> {
    return this.#media.play().then(
      () => true,
      (error: unknown) => !(error instanceof DOMException && error.name === 'NotAllowedError'),
    );
  }

  #played(): void {
    if (this.#outcome === 'refused') this.#become(this.#silencedHere ? 'muted' : 'allowed');
  }

  #become(outcome: AutoplayOutcome): void {
    this.#outcome = outcome;
    this.#changed();
  }
}
