import { clientNetwork, type RefusedClient } from '@showrunner/ingest';
import { streamId } from '@showrunner/service-kit';
import { terminalLine } from './event-line.ts';

/** How long a line stands for all that say the same, and how many lines there are in that time at most. */
const QUIET_MS = 10_000;
const MAX_LINES = 20;

const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i;

/**
 * The lines of the terminal on publishers that are refused. Who tries key after key must not push everything else off the
 * screen: a network has one line for each reason in ten seconds, all together have twenty, and the others are counted.
 */
export class RefusalLines {
  /** When what was said last, the oldest first; of the last ten seconds, so never more than `MAX_LINES`. */
  readonly #said = new Map<string, number>();
  #unsaid = 0;
  #unsaidSince = 0;

  /** The line that says so; `undefined` where it is only counted. */
  refused({ address, stream, refusal }: RefusedClient, now: Date): string | undefined {
    const at = now.getTime();
    for (const [what, saidAt] of this.#said) if (at - saidAt >= QUIET_MS) this.#said.delete(what);
    const of = stream ? streamId(stream) : '';
    const what = `${clientNetwork(address)} ${refusal.code} ${of}`;
    if (this.#said.has(what) || this.#said.size >= MAX_LINES) {
      if (this.#unsaid === 0) this.#unsaidSince = at;
      this.#unsaid += 1;
      return undefined;
    }
    this.#said.set(what, at);
    const who = address.replace(MAPPED_IPV4, '') || 'A client';
    const sentence = `${who} was ${stream ? 'sent away' : 'refused'}: ${refusal.sentence}`;
    return terminalLine(stream ? `${of}: ${sentence}` : sentence, now);
  }

  /** To be called each few seconds: the line on those that were only counted, ten seconds after the first of them. */
  others(now: Date): string | undefined {
    const count = this.#unsaid;
    if (count === 0 || now.getTime() - this.#unsaidSince < QUIET_MS) return undefined;
    this.#unsaid = 0;
    return terminalLine(`${count} more ${count === 1 ? 'refusal' : 'refusals'} like these.`, now);
  }
}
