export * from './kube-client.ts';
export { type KubeConfig, KubeConfigError } from './kube-config.ts';
export { KubeConnectionError, KubeError } from './kube-error.ts';
export { KubeResourceStore, type KubeResourceStoreOptions, kubeResourceStores } from './kube-resource-store.ts';
export { KUBE } from './kube-resources.ts';
export { loadKubeConfig } from './load-kube-config.ts';
