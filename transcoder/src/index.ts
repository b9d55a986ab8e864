export { createTranscoder, type Transcoder, type TranscoderOptions } from './live/transcoder.ts';
