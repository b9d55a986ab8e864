import type { AacConfig, AvcConfig } from '@showrunner/service-kit/flv';
import type { RungOutput } from '../packager/rung-encoder.ts';
import type { PictureTime } from './picture-times.ts';

/**
 * Sound waits this long for the picture beside it: as long as pictures may wait for an encoder that is slow for a moment.
 * Where they stop for longer the source is still heard.
 */
const HOLD_MS = 2000;
/** Frames of sound that wait for an encoder's first picture: some ten seconds. */
const HELD_AT_MOST = 512;

interface Sound {
  readonly config: AacConfig;
  readonly dtsMs: number;
  readonly payload: Buffer;
}

/** What leaves one rung: pictures from the encoder, and between them, by decode time, the source's own sound. */
export class RungLane {
  readonly #name: string;
  readonly #output: RungOutput;
  #holdMs: number;
  #newestSoundMs = -Infinity;
  #video: AvcConfig | undefined;
  #audio: AacConfig | undefined;
  #held: Sound[] = [];
  #flowing = false;
  #lastDtsMs = -Infinity;

  /** @param replayedMs How far behind the encoder begins: until it has caught up, sound waits for so much longer. */
  constructor(name: string, audio: AacConfig | undefined, output: RungOutput, replayedMs = 0) {
    this.#name = name;
    this.#audio = audio;
    this.#output = output;
    this.#holdMs = HOLD_MS + replayedMs;
  }

  /** Parameter sets of the pictures that follow. An encoder that was started anew says the same again. */
  videoConfig(config: AvcConfig): void {
    if (this.#video?.record.equals(config.record)) return;
    this.#video = config;
    this.#announce(config);
  }

  audio(sound: Sound): void {
    this.#held.push(sound);
    this.#newestSoundMs = sound.dtsMs;
    if (this.#flowing) this.#release(sound.dtsMs - this.#holdMs);
    else if (this.#held.length > HELD_AT_MOST) this.#held.shift();
  }

  picture({ dtsMs, ptsMs }: PictureTime, keyframe: boolean, payload: Buffer): void {
    this.#flowing = true;
    // Not before it is well within: at its next hesitation sound would overtake the pictures again.
    if (this.#newestSoundMs - dtsMs <= HOLD_MS / 2) this.#holdMs = HOLD_MS;
    this.#release(dtsMs);
    // A source that starts to reorder more deeply in mid-show would make a decode time go back.
    const grown = dtsMs > this.#lastDtsMs ? dtsMs : this.#lastDtsMs + 1;
    this.#lastDtsMs = grown;
    this.#output.sample(this.#name, { track: 'video', dtsMs: grown, ctsMs: ptsMs - grown, keyframe, payload });
  }

  /** The encoder failed: until it is back the rung has neither picture nor sound. */
  interrupt(): void {
    this.#flowing = false;
    this.#held = [];
  }

  /** There is no encoder and never was one. */
  end(): void {
    this.#output.end(this.#name);
  }

  #release(untilMs: number): void {
    const later = this.#held.findIndex((sound) => sound.dtsMs > untilMs);
    for (const { config, dtsMs, payload } of this.#held.splice(0, later < 0 ? this.#held.length : later)) {
      if (config !== this.#audio) {
        this.#audio = config;
        if (this.#video) this.#announce(this.#video);
      }
      this.#output.sample(this.#name, { track: 'audio', dtsMs, ctsMs: 0, keyframe: true, payload });
    }
  }

  #announce(video: AvcConfig): void {
    this.#output.config(this.#name, { video, ...(this.#audio && { audio: this.#audio }) });
  }
}
