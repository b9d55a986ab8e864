import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 collect garbage less often, for processes whose memory is nearly all media outside of its heap: by default it
 * counts that against a heap of some thirty megabytes and marks the whole heap several times a second. With this it does so
 * for about every 30 MB of media, which costs that much memory once, however many streams there are.
 */
export function relaxCollector(): void {
  setFlagsFromString('--heap-growing-percent=100');
}
