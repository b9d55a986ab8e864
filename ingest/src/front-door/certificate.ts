import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Logger } from '@showrunner/service-kit';

export interface CertificateOptions {
  /** PEM files: the certificate with those that vouch for it, and its private key. */
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly logger: Logger;
  /** How often the files are looked at, milliseconds. */
  readonly pollMs?: number;
}

const POLL_MS = 10_000;

/** The certificate of RTMPS, read again when its files change; while those are broken the last good one stays in use. */
export class Certificate {
  readonly #options: CertificateOptions;
  #context: SecureContext;
  #seen: string;
  readonly #timer: NodeJS.Timeout;

  /** Throws a sentence where the files cannot be used. */
  constructor(options: CertificateOptions) {
    this.#options = options;
    this.#seen = this.#identity();
    this.#context = this.#read();
    this.#timer = setInterval(() => this.#look(), options.pollMs ?? POLL_MS);
  }

  get context(): SecureContext {
    return this.#context;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const identity = this.#identity();
    if (identity === this.#seen) return;
    this.#seen = identity;
    const { logger } = this.#options;
    try {
      this.#context = this.#read();
      logger.info('the certificate of RTMPS was replaced');
    } catch (error) {
      const { message } = error as Error;
      logger.error({ problem: message }, 'the new certificate of RTMPS cannot be used; the one before stays in use');
    }
  }

  /** Differs where the files may differ. */
  #identity(): string {
    const { certificateFile, keyFile } = this.#options;
    return [certificateFile, keyFile]
      .map((file) => {
        const found = statSync(file, { bigint: true, throwIfNoEntry: false });
        return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : 'missing';
      })
      .join();
  }

  #read(): SecureContext {
    const { certificateFile, keyFile } = this.#options;
    try {
      return createSecureContext({
        cert: readFileSync(certificateFile),
        key: readFileSync(keyFile),
        minVersion: 'TLSv1.2',
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const files = `${certificateFile} and ${keyFile} must be a certificate and its key in PEM`;
      throw new Error(`RTMPS: ${files}: ${code ?? message}.`, { cause: error });
    }
  }
}
