export { createTranscoder, type Transcoder, type TranscoderOptions } from './live/transcoder.ts';
export type { Exchange } from './origin/exchange.ts';
export { MediaServer } from './origin/media-server.ts';
