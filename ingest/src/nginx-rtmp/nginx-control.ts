import { request } from 'node:http';
import { NGINX_APP, type NginxSockets } from './nginx-config.ts';
import { readNginxStat, type NginxStat } from './nginx-stat.ts';

const TIMEOUT_MS = 2_000;
/** Some 1 kB for each publisher. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** nginx-rtmp's control and stat modules, over their Unix socket. */
export class NginxControl {
  readonly #socketPath: string;

  constructor(sockets: NginxSockets) {
    this.#socketPath = sockets.control;
  }

  /** Hangs up on who publishes the stream; `false` where nobody does. Throws where nginx does not answer. */
  async dropPublisher(name: string): Promise<boolean> {
    const query = new URLSearchParams({ app: NGINX_APP, name });
    const { status, body } = await this.#get(`/control/drop/publisher?${query.toString()}`);
    return status === 200 && Number(body) > 0;
  }

  /** Throws where nginx does not answer, or with something else. */
  async stat(): Promise<NginxStat> {
    const { status, body } = await this.#get('/stat');
    if (status !== 200) throw new Error(`nginx answers ${status} when asked for its statistics.`);
    return readNginxStat(body);
  }

  #get(path: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const asked = request(
        { socketPath: this.#socketPath, path, agent: false, timeout: TIMEOUT_MS, headers: { host: 'nginx' } },
        (response) => {
          const pieces: Buffer[] = [];
          let bytes = 0;
          response.on('data', (piece: Buffer) => {
            bytes += piece.length;
            if (bytes > MAX_ANSWER_BYTES) {
              asked.destroy(new Error(`nginx answers with more than ${MAX_ANSWER_BYTES} bytes.`));
            } else pieces.push(piece);
          });
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString('utf8') }),
          );
        },
      );
      asked.on('timeout', () => asked.destroy(new Error(`nginx does not answer within ${TIMEOUT_MS} ms.`)));
      asked.on('error', reject);
      asked.end();
    });
  }
}
