import { Agent, request } from 'node:http';

/** A viewer who hears nothing for so long takes the connection for dead. */
const NO_ANSWER_MS = 15_000;

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface ListedPart {
  readonly uri: string;
  readonly sequence: number;
  readonly index: number;
  readonly isGap: boolean;
}

/** What a crowd met, all viewers together. */
export interface CrowdReport {
  readonly requests: number;
  /** Requests that failed, and that one more attempt answered. */
  readonly mended: number;
  /** Requests that stayed without a good answer, in words. */
  readonly failures: readonly string[];
  /** Where a viewer had a part and could not have the one behind it, in words. */
  readonly holes: readonly string[];
  /** How often the viewer had something mended who had it most often, all that was on the way at once counting once. */
  readonly mostInterruptions: number;
  /** How many parts the viewer got who got the fewest. */
  readonly fewestParts: number;
}

function partOf(uri: string, line = ''): ListedPart | undefined {
  const [, sequence, index] = /^(\d+)\.(\d+)\.m4s/.exec(uri) ?? [];
  if (sequence === undefined || index === undefined) return undefined;
  return { uri, sequence: Number(sequence), index: Number(index), isGap: /[:,]GAP=YES/.test(line) };
}

function listedParts(playlist: string): ListedPart[] {
  const lines = playlist.match(/^#EXT-X-PART:.*$/gm) ?? [];
  return lines.map((line) => partOf(/URI="([^"]+)"/.exec(line)?.[1] ?? '', line)).filter((part) => part !== undefined);
}

/** Of the same segment the next part, or the first one of the next segment. */
function follows(before: ListedPart, after: ListedPart): boolean {
  const isNextOfSegment = after.sequence === before.sequence && after.index === before.index + 1;
  return isNextOfSegment || (after.sequence === before.sequence + 1 && after.index === 0);
}

/** What a low-latency player does: the next playlist and the part that it hints, both before they exist. */
class Viewer {
  requests = 0;
  mended = 0;
  interruptions = 0;
  parts = 0;
  readonly failures: string[] = [];
  readonly holes: string[] = [];
  readonly #urls: readonly string[];
  // As a browser has it: nobody waits for the connections of another.
  readonly #agent = new Agent({ keepAlive: true });
  #at: number;

  constructor(urls: readonly string[], number: number) {
    this.#urls = urls;
    this.#at = number % urls.length;
  }

  async watch(signal: AbortSignal): Promise<void> {
    let playlist = await this.#ask('');
    let had = playlist === undefined ? undefined : listedParts(playlist).at(-1);
    while (!signal.aborted && playlist !== undefined) {
      const hint = partOf(/#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(playlist)?.[1] ?? '');
      if (!hint || !had) {
        this.failures.push(`a playlist without ${hint ? 'parts' : 'a hint'}`);
        break;
      }
      const missed = this.#partsSince(had, playlist);
      const last: ListedPart = missed.at(-1) ?? had;
      if (!follows(last, hint)) this.holes.push(`${hint.uri} is hinted at behind ${last.uri}`);
      const { mended } = this;
      const position = `_HLS_msn=${hint.sequence}&_HLS_part=${hint.index}`;
      [playlist] = await Promise.all([
        this.#ask(`?${position}`),
        ...[...missed, hint].map(async ({ uri }) => {
          if ((await this.#ask(uri)) !== undefined) this.parts += 1;
        }),
      ]);
      if (this.mended > mended) this.interruptions += 1;
      had = hint;
    }
    this.#agent.destroy();
  }

  /** The parts that are listed behind one that the viewer has. */
  #partsSince(had: ListedPart, playlist: string): ListedPart[] {
    const listed = listedParts(playlist);
    const at = listed.findIndex(({ uri }) => uri === had.uri);
    if (at < 0) this.holes.push(`${had.uri} is not listed any more; what is begins with ${listed[0]?.uri}`);
    const later = listed.slice(at + 1);
    later.forEach((part, index) => {
      const before = later[index - 1] ?? (at < 0 ? undefined : had);
      if (before && !follows(before, part)) this.holes.push(`${part.uri} is listed behind ${before.uri}`);
      if (part.isGap) this.holes.push(`${part.uri} is a gap`);
    });
    return later.filter(({ isGap }) => !isGap);
  }

  /** Once more where the connection breaks or is refused: over a new one, and by another way where there are several. */
  async #ask(file: string): Promise<string | undefined> {
    this.requests += 1;
    let problem = '';
    for (const agent of [this.#agent, false] as const) {
      const at = this.#at;
      const url = new URL(file, this.#urls[at]).href;
      try {
        const { status, body } = await get(url, agent);
        if (status !== 200) {
          this.failures.push(`${status} for ${url}: ${body.trim()}`);
          return undefined;
        }
        if (agent === false) this.mended += 1;
        return body;
      } catch (error) {
        problem ||= (error as Error).message;
        if (agent === false) this.failures.push(`${problem}, then ${(error as Error).message}, for ${url}`);
        if (this.#at === at) this.#at = (at + 1) % this.#urls.length;
      }
    }
    return undefined;
  }
}

function get(url: string, agent: Agent | false): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (text: string) => (body += text));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.once('error', reject);
    });
    sent.setTimeout(NO_ANSWER_MS, () => sent.destroy(new Error('no answer')));
    sent.once('error', reject);
    sent.end();
  });
}

/** Viewers of one rendition who watch until they are told to leave. */
export interface Crowd {
  /** Resolves when the last of them has left. */
  leave(): Promise<CrowdReport>;
}

/**
 * Has viewers follow a media playlist, each on connections of its own. With several URLs of the same playlist they are spread over
 * them, and go to the next one where a connection fails; with one they ask that again, as they do where a Service stands before many.
 */
export function gatherCrowd(size: number, ...urls: readonly string[]): Crowd {
  const viewers = Array.from({ length: size }, (_, number) => new Viewer(urls, number));
  const leaving = new AbortController();
  const watching = Promise.all(viewers.map((viewer) => viewer.watch(leaving.signal)));
  const total = (of: (viewer: Viewer) => number) => viewers.reduce((sum, viewer) => sum + of(viewer), 0);
  return {
    leave: async () => {
      leaving.abort();
      await watching;
      return {
        requests: total(({ requests }) => requests),
        mended: total(({ mended }) => mended),
        failures: viewers.flatMap(({ failures }) => failures),
        holes: viewers.flatMap(({ holes }) => holes),
        mostInterruptions: Math.max(...viewers.map(({ interruptions }) => interruptions)),
        fewestParts: Math.min(...viewers.map(({ parts }) => parts)),
      };
    },
  };
}
