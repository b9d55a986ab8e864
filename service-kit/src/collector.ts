import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 collect garbage less often, for processes whose memory is nearly all media outside of its heap: by default it
 * counts that against a heap of a few megabytes and marks the whole heap several times a second. With this it does so for
 * every 64 MB of media, which costs that much memory once, however many streams there are.
 */
export function relaxCollector(): void {
  setFlagsFromString('--heap-growing-percent=300');
}
