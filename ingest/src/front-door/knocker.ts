import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { streamId, type Logger, type StreamRef } from '@showrunner/service-kit';

export interface KnockerOptions {
  /** Every address of this name is told, for one of them leads. */
  readonly host: string;
  readonly port: number;
  /** Read anew for each knock, since it may be replaced. */
  readonly tokenFile: string;
  readonly logger: Logger;
  readonly onKnock: (outcome: 'heard' | 'failed') => void;
}

const TIMEOUT_MS = 1_000;
/** More are not told: they knock again. */
const MAX_AT_ONCE = 64;

/**
 * Tells the operator that a publisher waits at a stream: `POST /knock/{namespace}/{name}`. As best it can: a knock that is not
 * heard is repeated by who waits.
 */
export class Knocker {
  readonly #options: KnockerOptions;
  readonly #underWay = new Set<string>();
  #isTrouble = false;

  constructor(options: KnockerOptions) {
    this.#options = options;
  }

  /** Returns at once; a stream for which a knock is under way is not knocked for again. */
  knock(stream: StreamRef): void {
    const id = streamId(stream);
    if (this.#underWay.has(id) || this.#underWay.size >= MAX_AT_ONCE) return;
    this.#underWay.add(id);
    void this.#tellAll(id).finally(() => this.#underWay.delete(id));
  }

  async #tellAll(id: string): Promise<void> {
    const { host, port, tokenFile, logger, onKnock } = this.#options;
    let problem: unknown;
    let wasHeard = false;
    try {
      const token = (await readFile(tokenFile, 'utf8')).trim();
      const addresses = await lookup(host, { all: true });
      const told = await Promise.allSettled(addresses.map(({ address }) => tell(address, port, id, token)));
      wasHeard = told.some(({ status }) => status === 'fulfilled');
      problem = told.find((outcome) => outcome.status === 'rejected')?.reason;
    } catch (error) {
      problem = error;
    }
    onKnock(wasHeard ? 'heard' : 'failed');
    // One line for an operator that is away, not one a second.
    if (!wasHeard && !this.#isTrouble) logger.warn({ err: problem, host }, 'the operator cannot be told who waits');
    this.#isTrouble = !wasHeard;
  }
}

function tell(address: string, port: number, id: string, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-length': 0 };
    const path = `/knock/${id}`;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const knock = request({ host: address, port, path, method: 'POST', headers, agent: false, signal });
    knock.on('error', reject);
    knock.on('response', (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      if (statusCode >= 200 && statusCode < 300) resolve();
      else reject(new Error(`The operator answered ${statusCode}.`));
    });
    knock.end();
  });
}
