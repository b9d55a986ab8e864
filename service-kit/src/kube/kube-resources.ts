import { API_VERSION } from '@showrunner/crds';
import type { KubeResource } from './kube-client.ts';

/** The kinds that Showrunner reads or writes. */
export const KUBE = {
  liveStreams: { apiVersion: API_VERSION, kind: 'LiveStream', plural: 'livestreams' },
  secrets: { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' },
  services: { apiVersion: 'v1', kind: 'Service', plural: 'services' },
  pods: { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
  events: { apiVersion: 'v1', kind: 'Event', plural: 'events' },
  deployments: { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  disruptionBudgets: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets' },
  quotas: { apiVersion: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas' },
  namespaces: { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' },
  leases: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' },
} as const satisfies Record<string, KubeResource>;
