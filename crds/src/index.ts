export * from './common.ts';
export * from './live-stream.ts';
export * from './secret.ts';
