import type { KubeResource } from '@showrunner/service-kit/kube';
import type { Decision, Manifest } from './decision.ts';
import type { OperatorSettings } from './settings.ts';

/** How resources of one kind are carried out. Each kind has a folder beside this file; all functions are pure. */
export interface ResourceKind<Resource, Observed, Status> {
  readonly resource: KubeResource;
  /** The label of every object and pod of a resource, which holds its name. */
  readonly nameLabel: string;
  /** `now` in milliseconds since the epoch. */
  decide(resource: Resource, observed: Observed, settings: OperatorSettings, now: number): Decision<Status>;
  /**
   * Deployments, Services and PodDisruptionBudgets of the resource as they should be while it runs. What is watched is compared
   * with them when it comes (`observeObject`), since its whole is not kept.
   */
  manifests(resource: Resource, settings: OperatorSettings): Manifest[];
}
