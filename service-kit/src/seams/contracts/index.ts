export { type FlvPublisher, flvSourceContract } from './flv-source-contract.ts';
export { resourceStoreContract } from './resource-store-contract.ts';
