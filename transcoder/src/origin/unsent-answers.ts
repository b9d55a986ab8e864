import { Counter, type Registry, addGauge } from '@showrunner/service-kit';
import { STALLED_READER_MS } from './exchange.ts';

/** An answer that the system has not taken all of, since its reader is slower than we are. */
export interface UnsentAnswer {
  readonly pieces: readonly Buffer[];
  /** How many bytes are left; 0 where it is over, one way or another. */
  unsentBytes(): number;
  cutOff(): void;
}

export interface UnsentLimits {
  /** What all unsent answers may keep in memory together. */
  readonly mostBytes: number;
  /** What a reader must take on average, beyond the first moments. */
  readonly leastBytesPerS: number;
  readonly firstMs: number;
}

const LIMITS: UnsentLimits = {
  mostBytes: 128 * 1024 * 1024,
  // Less than the smallest rendition needs to be watched.
  leastBytesPerS: 32 * 1024,
  firstMs: STALLED_READER_MS,
};
const LOOK_MS = 1_000;

interface Tracked {
  readonly answer: UnsentAnswer;
  readonly untilMs: number;
  /** Left when it was last looked at. */
  leftBytes: number;
  /** What was taken between the last two looks. */
  takenBytes: number;
}

/**
 * The answers that slow readers have not taken yet. Media that has long left the window or the cache stays in memory for them, so
 * who is slower than any player is cut off, and where all together keep too much, the slowest are.
 */
export class UnsentAnswers {
  readonly #limits: UnsentLimits;
  readonly #cutOff: Counter<'reason'>;
  readonly #tracked = new Set<Tracked>();
  /** How many answers keep a piece of memory; many viewers may share it. */
  readonly #kept = new Map<ArrayBufferLike, number>();
  #keptBytes = 0;
  #look: NodeJS.Timeout | undefined;

  constructor(registry: Registry, limits: Partial<UnsentLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
    this.#cutOff = new Counter({
      name: 'showrunner_media_readers_cut_off_total',
      help: 'Viewers whose connection was ended since they took media too slowly, or since all who are slow kept too much memory.',
      labelNames: ['reason'],
      registers: [registry],
    });
    addGauge(
      registry,
      'showrunner_media_unsent_bytes',
      'Bytes of memory that answers hold which viewers have not taken yet; those of the same media are counted once.',
      () => this.#keptBytes,
    );
  }

  add(answer: UnsentAnswer): void {
    const { leastBytesPerS, firstMs } = this.#limits;
    const leftBytes = answer.unsentBytes();
    const untilMs = performance.now() + firstMs + (1000 * leftBytes) / leastBytesPerS;
    this.#tracked.add({ answer, untilMs, leftBytes, takenBytes: 0 });
    for (const { buffer } of answer.pieces) {
      const answers = this.#kept.get(buffer) ?? 0;
      this.#kept.set(buffer, answers + 1);
      if (answers === 0) this.#keptBytes += buffer.byteLength;
    }
    this.#look ??= setInterval(() => this.#lookAtAll(), LOOK_MS).unref();
  }

  #lookAtAll(): void {
    const nowMs = performance.now();
    for (const tracked of this.#tracked) {
      const leftBytes = tracked.answer.unsentBytes();
      tracked.takenBytes = tracked.leftBytes - leftBytes;
      tracked.leftBytes = leftBytes;
      if (leftBytes === 0) this.#forget(tracked);
      else if (nowMs > tracked.untilMs) this.#end(tracked, 'slow');
    }
    if (this.#keptBytes > this.#limits.mostBytes) this.#makeRoom();
    if (this.#tracked.size > 0) return;
    clearInterval(this.#look);
    this.#look = undefined;
  }

  #makeRoom(): void {
    const slowestFirst = [...this.#tracked].sort((a, b) => a.takenBytes - b.takenBytes);
    for (const tracked of slowestFirst) {
      if (this.#keptBytes <= this.#limits.mostBytes) break;
      this.#end(tracked, 'memory');
    }
  }

  #end(tracked: Tracked, reason: 'slow' | 'memory'): void {
    this.#cutOff.inc({ reason });
    this.#forget(tracked);
    tracked.answer.cutOff();
  }

  #forget(tracked: Tracked): void {
    this.#tracked.delete(tracked);
    for (const { buffer } of tracked.answer.pieces) {
      const answers = this.#kept.get(buffer)! - 1;
      if (answers > 0) this.#kept.set(buffer, answers);
      else {
        this.#kept.delete(buffer);
        this.#keptBytes -= buffer.byteLength;
      }
    }
  }
}
