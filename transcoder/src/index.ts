export { createTranscoder, type Transcoder, type TranscoderEvents, type TranscoderOptions } from './live/transcoder.ts';
