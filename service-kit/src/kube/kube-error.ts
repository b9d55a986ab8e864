import { ForbiddenError } from '../seams/resource-store.ts';

/** A `metav1.Status`, as far as it is read. */
export interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly causes?: readonly { readonly reason?: string; readonly field?: string; readonly message?: string }[];
  };
}

/** The Kubernetes API refused. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** HTTP status: 404 not there, 409 conflict, 410 forgotten, 422 invalid, 429 too many. */
  readonly code: number;
  /** Such as NotFound, AlreadyExists, Conflict, Expired, Invalid, Forbidden. */
  readonly reason: string | undefined;
  readonly causes: NonNullable<NonNullable<Status['details']>['causes']>;
  /** How long the server wants us to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(code: number, status: Status, retryAfterMs?: number) {
    super(status.message || `The Kubernetes API answered ${code}.`);
    this.code = code;
    this.reason = status.reason;
    this.causes = status.details?.causes ?? [];
    this.retryAfterMs = retryAfterMs;
  }
}

/** The Kubernetes API was not reached, or its answer did not come whole. What was asked of it may have been done. */
export class KubeConnectionError extends Error {
  override readonly name = 'KubeConnectionError';
  /** The connection had served before and was closed by the server just as this request was sent on it. */
  readonly wasStale: boolean;
  constructor(sentence: string, options: { cause?: unknown; wasStale?: boolean } = {}) {
    super(sentence, { cause: options.cause });
    this.wasStale = options.wasStale ?? false;
  }
}

/** The answer is longer than what is taken into memory. */
export class KubeAnswerTooLongError extends Error {
  override readonly name = 'KubeAnswerTooLongError';
}

/**
 * The error itself, or a ForbiddenError where it says that a namespace may not be read (403), or that the cluster knows nothing of the
 * kind (404; a namespace that is not there is an empty one). A refusal to read all namespaces says nothing of any of them.
 */
export function asForbidden(error: unknown, namespace: string | undefined): unknown {
  const isRefusal = error instanceof KubeError && (error.code === 403 || error.code === 404);
  if (!isRefusal || namespace === undefined) return error;
  return new ForbiddenError(`Namespace ${namespace} cannot be read: ${error.message}`, {
    cause: error,
  });
}
