export * from './seams/flv-source.ts';
export * from './seams/resource-store.ts';
