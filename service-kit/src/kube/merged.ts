/**
 * What several sources bring, as it comes, with at most one value of each waiting to be taken. Ends when all have ended,
 * and with the first error of any. Whoever stops reading also ends the sources, by their own signal, before it goes on.
 */
export async function* merged<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const waiting: { readonly value: T; readonly taken: () => void }[] = [];
  let changed = Promise.withResolvers<void>();
  let running = sources.length;
  let failure: { readonly error: unknown } | undefined;
  let isOver = false;

  async function pump(source: AsyncIterable<T>): Promise<void> {
    try {
      for await (const value of source) {
        if (isOver) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push({ value, taken: resolve });
        changed.resolve();
        await promise;
        if (isOver) return;
      }
    } catch (error) {
      failure ??= { error };
    } finally {
      running -= 1;
      changed.resolve();
    }
  }

  for (const source of sources) void pump(source);
  try {
    while (true) {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        next.taken();
        yield next.value;
      }
      if (failure) throw failure.error;
      if (running === 0) return;
      await changed.promise;
      changed = Promise.withResolvers();
    }
  } finally {
    isOver = true;
    for (const { taken } of waiting) taken();
  }
}
