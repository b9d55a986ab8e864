/** The newest of these many seconds of arrivals decide; older ones are forgotten, so clocks may drift. */
const MEMORY_SECONDS = 20;

/**
 * How far behind the world a picture is, although the clocks of server and viewer differ.
 *
 * Each playlist that was blocked until its newest part existed arrives when the end of that part is about now. The
 * smallest `arrival - programme time of the newest end` of the last seconds is therefore the difference of the clocks
 * plus the shortest way through the network; what is left is real delay.
 */
export class ProgrammeClock {
  #arrivals: { readonly at: number; readonly difference: number }[] = [];

  /** A playlist arrived. Both in seconds; `at` on the viewer's clock, `newestEnd` as EXT-X-PROGRAM-DATE-TIME says. */
  arrived(at: number, newestEnd: number): void {
    const difference = at - newestEnd;
    // Only ever fewer: an arrival with a greater difference than a later one can never be the smallest again.
    this.#arrivals = this.#arrivals.filter((older) => older.at > at - MEMORY_SECONDS && older.difference < difference);
    this.#arrivals.push({ at, difference });
  }

  /** Seconds between a programme time being made and now; undefined before the first arrival. */
  age(now: number, programmeTime: number): number | undefined {
    const smallest = this.#arrivals[0];
    return smallest && Math.max(0, now - programmeTime - smallest.difference);
  }

  restart(): void {
    this.#arrivals = [];
  }
}
