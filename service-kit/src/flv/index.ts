export * from './aac-config.ts';
export * from './avc-config.ts';
export * from './bit-reader.ts';
export * from './sps.ts';
export * from './stream-parser.ts';
export * from './tag.ts';
