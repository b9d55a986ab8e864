import { type KubeConfig } from './kube-config.ts';
import { fromKubeconfig } from './kubeconfig-file.ts';
import { serviceAccount } from './service-account.ts';

/**
 * The Kubernetes API that this process is to use: that of `file`, else what KUBECONFIG names, else the pod's own service
 * account, else `~/.kube/config`. KUBECONFIG first, since whoever sets it in a pod, such as that of a build, means another
 * cluster. Throws KubeConfigError.
 */
export async function loadKubeConfig(file?: string): Promise<KubeConfig> {
  const isNamed = file !== undefined || Boolean(process.env['KUBECONFIG']);
  const account = isNamed ? undefined : serviceAccount(process.env);
  return account ?? fromKubeconfig(file);
}
