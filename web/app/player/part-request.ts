/** Bytes of a part and how fast they came, in bits per second. */
export interface Fetched {
  readonly body: ArrayBuffer;
  readonly bandwidth: number;
}

/** A refusal by the server. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly status: number;
  constructor(status: number, uri: string) {
    super(`The server answered ${status} for ${uri}.`);
    this.status = status;
  }
}

/**
 * Fetches a part. The rate is taken from the first byte on: before it the server may have waited for the part to be
 * made, and on a short part the way there and back would count for more than the part.
 */
export async function fetchPart(uri: string, signal: AbortSignal): Promise<Fetched> {
  const response = await fetch(uri, { signal });
  if (!response.ok) throw new FetchError(response.status, uri);
  const begun = performance.now();
  const body = await response.arrayBuffer();
  const ms = Math.max(1, performance.now() - begun);
  return { body, bandwidth: (body.byteLength * 8 * 1000) / ms };
}

/** Looks to VHS like the XMLHttpRequest it expects for a segment. */
export class PartRequest extends EventTarget {
  readonly uri: string;
  readonly requestType = 'segment';
  readonly responseType = 'arraybuffer';
  readonly requestTime = Date.now();
  response: ArrayBuffer | null = null;
  status = 0;
  bandwidth: number | undefined;
  bytesReceived = 0;
  roundTripTime = 0;
  aborted = false;
  timedout = false;
  /** VHS clears it before it aborts. */
  onreadystatechange: (() => void) | null = null;
  readonly #abort = new AbortController();

  constructor(uri: string) {
    super();
    this.uri = uri;
  }

  /** Aborted when VHS gives up or `finish` was called. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(): void {
    if (this.signal.aborted) return;
    this.aborted = true;
    this.#abort.abort();
    this.dispatchEvent(new Event('loadend'));
  }

  finish(body: ArrayBuffer, bandwidth: number): void {
    this.status = 200;
    this.response = body;
    this.bytesReceived = body.byteLength;
    this.bandwidth = bandwidth;
    this.roundTripTime = Date.now() - this.requestTime;
    this.#abort.abort();
    this.dispatchEvent(new Event('loadend'));
  }

  fail(status: number, timedout: boolean): void {
    this.status = status;
    this.timedout = timedout;
    this.#abort.abort();
    this.dispatchEvent(new Event('loadend'));
  }
}
