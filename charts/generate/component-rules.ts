import { OWN_NAMESPACE_RULES, type RbacRule, WATCHED_NAMESPACE_RULES } from '@showrunner/operator/rbac';

interface ComponentRules {
  /** Name of the template that holds them. */
  readonly template: string;
  /** As it stands in a heading. */
  readonly who: string;
  readonly where: 'watched namespaces' | 'own namespace';
  readonly rules: readonly RbacRule[];
}

const reader = (purpose: string): RbacRule => ({
  apiGroups: ['showrunner.dev'],
  resources: ['livestreams'],
  verbs: ['list', 'watch'],
  purpose,
});

/** What each component may do at the Kubernetes API. Who is not here has no token. */
export const COMPONENT_RULES: readonly ComponentRules[] = [
  {
    template: 'showrunner.operatorRules',
    who: 'operator',
    where: 'watched namespaces',
    rules: WATCHED_NAMESPACE_RULES,
  },
  { template: 'showrunner.leaderRules', who: 'operator', where: 'own namespace', rules: OWN_NAMESPACE_RULES },
  {
    template: 'showrunner.frontDoorRules',
    who: 'front door',
    where: 'watched namespaces',
    rules: [reader('Finds the stream of a key by the hash in its status. It reads no Secret.')],
  },
  {
    template: 'showrunner.webRules',
    who: 'web',
    where: 'watched namespaces',
    rules: [reader('Shows live streams on the pages and in the API.')],
  },
];
