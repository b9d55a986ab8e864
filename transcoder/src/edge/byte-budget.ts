/** What one stream takes of a budget. */
export class BudgetShare {
  readonly #budget: ByteBudget;
  readonly #bodies = new Map<BudgetedBody, number>();
  #taken = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get taken(): number {
    return this.#taken;
  }

  /** False, and nothing is taken, where there is no room. */
  take(body: BudgetedBody, bytes: number): boolean {
    if (!this.#budget.take(this, bytes)) return false;
    this.#bodies.set(body, (this.#bodies.get(body) ?? 0) + bytes);
    this.#taken += bytes;
    return true;
  }

  /** All that a body took. Idempotent. */
  release(body: BudgetedBody): void {
    const bytes = this.#bodies.get(body);
    if (bytes === undefined) return;
    this.#bodies.delete(body);
    this.#taken -= bytes;
    this.#budget.give(this, bytes);
  }

  /** Gives back what its largest body took. */
  giveWay(): void {
    const [largest] = [...this.#bodies].reduce((a, b) => (b[1] > a[1] ? b : a));
    this.release(largest);
    largest.giveWay();
  }
}

export interface BudgetedBody {
  /** What it took was given to another. */
  giveWay(): void;
}

/**
 * Bytes that all bodies on their way may take together. Where they do not suffice, the stream that takes most gives way to those that
 * take less, so that no stream can keep the others from being read.
 */
export class ByteBudget {
  readonly #mostBytes: number;
  readonly #shares = new Set<BudgetShare>();
  #taken = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  take(share: BudgetShare, bytes: number): boolean {
    while (this.#taken + bytes > this.#mostBytes) {
      const largest = this.#largest();
      if (!largest || largest.taken <= share.taken + bytes) return false;
      largest.giveWay();
    }
    this.#taken += bytes;
    this.#shares.add(share);
    return true;
  }

  give(share: BudgetShare, bytes: number): void {
    this.#taken -= bytes;
    if (share.taken === 0) this.#shares.delete(share);
  }

  #largest(): BudgetShare | undefined {
    let largest: BudgetShare | undefined;
    for (const share of this.#shares) if (share.taken > (largest?.taken ?? 0)) largest = share;
    return largest;
  }
}
