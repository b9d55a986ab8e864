import { type ClusterProgram } from './cluster-program.ts';

interface Conditioned {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

/**
 * Waits until an object (`livestream/evening`, `deployment/web`) has a condition, be it `Ready` or, for false, `Live=False`. Throws after
 * `timeoutMs`, naming what the object's conditions are instead.
 */
export async function untilCondition(
  kubectl: ClusterProgram,
  object: string,
  condition: string,
  timeoutMs = 60_000,
): Promise<void> {
  try {
    // `wait` fails at once where the object is not there yet.
    await kubectl(['wait', '--for=create', object, `--timeout=${timeoutMs}ms`], { timeoutMs: timeoutMs + 5_000 });
    await kubectl(['wait', `--for=condition=${condition}`, object, `--timeout=${timeoutMs}ms`], {
      timeoutMs: timeoutMs + 5_000,
    });
  } catch (error) {
    const found = await conditionsOf(kubectl, object);
    throw new Error(`Waited ${timeoutMs / 1000} s in vain for ${object} to be ${condition}; it is: ${found}`, {
      cause: error,
    });
  }
}

async function conditionsOf(kubectl: ClusterProgram, object: string): Promise<string> {
  try {
    const { status } = JSON.parse(await kubectl(['get', object, '-o', 'json'])) as Conditioned;
    const words = status?.conditions?.map(
      ({ type, status, reason, message }) => `${type}=${status} (${reason ?? ''}: ${message ?? ''})`,
    );
    return words?.join(', ') || 'without conditions';
  } catch {
    return 'not there';
  }
}
