import type { Term } from './leader.ts';

/** Follows the resources of one kind, and carries them out in each term as leader. There is one for each kind. */
export interface Controller {
  /** What keeps it from its work, one sentence each. */
  readonly problems: readonly string[];
  /** Begins to follow the cluster, whoever leads. */
  start(): void;
  /** Carries its resources out until what it answers is closed; it writes nothing any more when the term is over. */
  lead(term: Term): Leading;
  /** Stops following the cluster, when it does not lead any more. */
  close(): Promise<void>;
}

/** One term of a controller. */
export interface Leading {
  /** Resources that wait for their turn. */
  readonly queueDepth: number;
  /** Resources whose last attempt failed. */
  readonly failing: number;
  /** Begins nothing new, and waits for the writes that are under way. */
  close(): Promise<void>;
}
