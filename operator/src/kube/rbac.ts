import { GROUP } from '@showrunner/crds';

/** One rule of a Role or ClusterRole, and what it is for. Groups, resources and verbs in alphabetical order. */
export interface RbacRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly purpose: string;
}

/**
 * What the operator calls where LiveStreams are: in all namespaces (a ClusterRole), or in each of those that it watches (a Role
 * there). Server-side apply of what is not there yet needs `create` beside `patch`.
 */
export const WATCHED_NAMESPACE_RULES: readonly RbacRule[] = [
  {
    apiGroups: [GROUP],
    resources: ['livestreams'],
    verbs: ['list', 'watch'],
    purpose: 'What is to run.',
  },
  {
    apiGroups: [GROUP],
    resources: ['livestreams/status'],
    verbs: ['patch'],
    purpose: 'How each stream stands, the hashes of its keys, and where its ingest pod starts.',
  },
  {
    apiGroups: [''],
    resources: ['namespaces'],
    verbs: ['get'],
    purpose: 'Sees, when a pod is deleted, whether all of the namespace is; then the show is not waited for.',
  },
  {
    apiGroups: [''],
    resources: ['resourcequotas'],
    verbs: ['list', 'watch'],
    purpose: 'Sees when there is room for streams that wait for it.',
  },
  {
    apiGroups: [''],
    resources: ['secrets'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'watch'],
    purpose:
      'Makes the Secrets of streams. Reads the stream keys that streams name; of all other Secrets it asks for the metadata alone.',
  },
  {
    apiGroups: [''],
    resources: ['services'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'watch'],
    purpose: 'How the front door and viewers reach the pods of a stream.',
  },
  {
    apiGroups: ['apps'],
    resources: ['deployments'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'watch'],
    purpose: 'The pods of a stream.',
  },
  {
    apiGroups: ['policy'],
    resources: ['poddisruptionbudgets'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'watch'],
    purpose: 'Keeps the pods of a running show where they are.',
  },
  {
    apiGroups: [''],
    resources: ['pods'],
    verbs: ['list', 'patch', 'watch'],
    purpose: 'Sees why a pod does not start; marks pods of running shows as not safe to evict.',
  },
  {
    apiGroups: [''],
    resources: ['events'],
    verbs: ['create', 'patch'],
    purpose: 'Tells the story of a show on `kubectl describe`.',
  },
];

/** What the operator calls in its own namespace (a Role there). */
export const OWN_NAMESPACE_RULES: readonly RbacRule[] = [
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['create', 'get', 'update'],
    purpose: 'Which of several operators leads.',
  },
];
