import { CLUSTER_PORTS, componentName } from '@showrunner/crds';
import type { StreamRef } from '@showrunner/service-kit';
import type { Address } from './upstream-call.ts';

/**
 * The Service of a stream's transcoder, as an absolute name: no search domain is tried, and nothing but such a Service can be
 * named, whatever a URL says.
 */
export function transcoderAddress({ namespace, name }: StreamRef, clusterDomain: string): Address {
  return {
    host: `${componentName(name, 'transcoder')}.${namespace}.svc.${clusterDomain}.`,
    port: CLUSTER_PORTS.http,
  };
}
