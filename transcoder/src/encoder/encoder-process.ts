import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Duplex, Writable } from 'node:stream';
import { FLV_VIDEO } from '@showrunner/service-kit';
import { type AvcConfig, flvTagHeader, flvTagTrailer } from '@showrunner/service-kit/flv';
import { FIRST_PIPE } from './argv.ts';
import { Fmp4Reader } from './fmp4-reader.ts';
import type { EncodedPicture } from './video-track.ts';

/** A file header that announces video alone (Adobe FLV specification 10.1, annex E.2). */
const VIDEO_FILE_HEADER = Buffer.from([0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9, 0, 0, 0, 0]);
/** What may wait to be taken by the child. Pictures beyond it are dropped up to a later keyframe. */
const QUEUE_MS = 2_000;
const QUEUE_BYTES = 16 * 1024 * 1024;
/** Pictures that a healthy child may keep back: reordering (16 at most) and the muxer's one. */
const KEPT_BACK = 17;
const CHECK_MS = 250;
const STDERR_BYTES = 2_048;
/** What a system says of a program that is not there, or is none: trying again is of no use. */
const CANNOT_BE_RUN = new Set(['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR', 'EISDIR', 'ENOEXEC', 'ELOOP', 'ENAMETOOLONG']);
/** Milliseconds from the end of its input, or from SIGTERM, until a child is killed. */
const PATIENCE_MS = 1_000;

/** Why a child is no more. */
export type EncoderEnd =
  | { readonly reason: 'missing'; readonly message: string }
  | { readonly reason: 'exited' | 'hung' | 'malformed'; readonly message: string };

interface EncoderProcessOptions {
  readonly path: string;
  readonly argv: readonly string[];
  readonly rungs: number;
  /** Payload of the FLV sequence header that the pictures belong to. */
  readonly sequenceHeader: Buffer;
  /** Its first pictures, of so many milliseconds, are handed over all at once. */
  readonly replayedMs: number;
  /** A child that is fed but gives nothing for this long is killed. */
  readonly hangTimeoutMs: number;
  readonly now: () => number;
  readonly onConfig: (rung: number, config: AvcConfig) => void;
  readonly onPicture: (rung: number, picture: EncodedPicture) => void;
  /** Once, when the child has ended and all that it gave was handed over. */
  readonly onEnd: (end: EncoderEnd) => void;
}

/** One ffmpeg child: video tags in, pictures of every rung out. Born running. */
export class EncoderProcess {
  readonly #options: EncoderProcessOptions;
  /** Missing where the system refused at once. */
  readonly #child: ChildProcess | undefined;
  /** Missing where there was no file descriptor left for a pipe. */
  readonly #stdin: Writable | null;
  readonly #ended = Promise.withResolvers<void>();
  readonly #watch: NodeJS.Timeout;
  /** The times, as admitted, of the tags that the child has not taken yet, oldest first. */
  #queue: number[] = [];
  #dropping = false;
  /** It has not caught up yet with what was replayed to it. */
  #catchesUp = true;
  #unanswered = 0;
  #waitingSince: number | undefined;
  #stderr = '';
  #end: EncoderEnd | undefined;
  #finished = false;
  #reported = false;

  constructor(options: EncoderProcessOptions) {
    this.#options = options;
    this.#child = this.#spawn();
    this.#stdin = this.#child?.stdin ?? null;
    // A child that went away shows by its end, not by its pipes.
    this.#stdin?.on('error', () => {});
    this.#child?.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
    this.#child?.on('close', (code, signal) => this.#closed(code, signal));
    this.#child?.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_BYTES);
    });
    for (let rung = 0; rung < options.rungs; rung++) {
      this.#read(rung, this.#child?.stdio?.[FIRST_PIPE + rung] as Duplex | undefined);
    }
    this.#lowerPriority();
    this.#stdin?.write(VIDEO_FILE_HEADER);
    this.write(0, options.sequenceHeader, 0);
    this.#watch = setInterval(() => this.#check(), CHECK_MS).unref();
  }

  /** Node emits some of the system's refusals and throws the others: all are told in the same way, later. */
  #spawn(): ChildProcess | undefined {
    const { path, argv, rungs } = this.#options;
    const { PATH, LD_LIBRARY_PATH } = process.env;
    try {
      return spawn(path, argv, {
        stdio: ['pipe', 'ignore', 'pipe', ...Array.from({ length: rungs }, () => 'pipe' as const)],
        // A process group of its own: Ctrl-C in the terminal is ours to answer. It needs nothing of our environment.
        detached: true,
        env: { ...(PATH && { PATH }), ...(LD_LIBRARY_PATH && { LD_LIBRARY_PATH }) },
      });
    } catch (error) {
      process.nextTick(() => this.#failed(error as NodeJS.ErrnoException));
      return undefined;
    }
  }

  /**
   * Whether the child is to have the picture of this time (milliseconds since the child's first picture). Where it is too far
   * behind, this picture and all up to a keyframe that finds the queue half empty are dropped; `dropped-gop` says so
   * once for each group of pictures that loses some.
   */
  admit(timeMs: number, keyframe: boolean): 'taken' | 'dropped' | 'dropped-gop' {
    this.#unanswered++;
    this.#waitingSince ??= this.#options.now();
    if (this.#dropping && !keyframe) return 'dropped';
    const { replayedMs } = this.#options;
    const waitingMs = timeMs - (this.#queue[0] ?? timeMs);
    // What waits is taken in one piece, and told as taken when all of it was: as much again has come by then.
    if (timeMs >= replayedMs && waitingMs <= QUEUE_MS / 2) this.#catchesUp = false;
    const mostMs = this.#catchesUp ? QUEUE_MS + 2 * replayedMs : QUEUE_MS;
    const share = this.#dropping ? 0.5 : 1;
    this.#dropping = waitingMs > mostMs * share || (this.#stdin?.writableLength ?? 0) > QUEUE_BYTES * share;
    return this.#dropping ? 'dropped-gop' : 'taken';
  }

  /**
   * Hands over an admitted picture as the payload of its FLV tag.
   * @param decodeTime Whole milliseconds on the child's timeline.
   * @param timeMs As admitted.
   */
  write(decodeTime: number, payload: Buffer, timeMs: number): void {
    this.#queue.push(timeMs);
    this.#stdin?.cork();
    this.#stdin?.write(flvTagHeader(FLV_VIDEO, decodeTime, payload.length));
    this.#stdin?.write(payload);
    this.#stdin?.write(flvTagTrailer(payload.length), () => this.#queue.shift());
    this.#stdin?.uncork();
  }

  /** No more tags: the child gives what it still has, and ends. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#stdin?.end();
    this.#killLater();
  }

  /** Ends the child without waiting for what it still has. Idempotent; resolves when it is gone. */
  async close(): Promise<void> {
    this.#finished = true;
    this.#stdin?.destroy();
    this.#signal('SIGTERM');
    this.#killLater();
    await this.#ended.promise;
  }

  #read(rung: number, pipe: Duplex | undefined): void {
    const reader = new Fmp4Reader();
    pipe?.on('error', () => {});
    pipe?.on('data', (chunk: Buffer) => {
      for (const event of reader.push(chunk)) {
        if (event.type === 'track') this.#options.onConfig(rung, event.track.config);
        else if (event.type === 'picture') this.#answered(rung, event.picture);
        else this.#kill({ reason: 'malformed', message: `Pipe ${rung}: ${event.reason}` });
      }
    });
  }

  #answered(rung: number, picture: EncodedPicture): void {
    this.#unanswered = 0;
    this.#waitingSince = undefined;
    this.#options.onPicture(rung, picture);
  }

  #check(): void {
    if (this.#waitingSince === undefined || this.#unanswered <= KEPT_BACK) return;
    const silentMs = this.#options.now() - this.#waitingSince;
    if (silentMs < this.#options.hangTimeoutMs) return;
    this.#kill({ reason: 'hung', message: `It took ${this.#unanswered} pictures and gave none for ${silentMs} ms.` });
  }

  #kill(end: EncoderEnd): void {
    this.#end ??= end;
    this.#signal('SIGKILL');
  }

  /** To the whole process group: a wrapper's own children hold the pipes open as well. */
  #signal(signal: NodeJS.Signals): void {
    if (this.#child?.pid === undefined || this.#reported) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It is gone already.
    }
  }

  #killLater(): void {
    const timer = setTimeout(() => this.#signal('SIGKILL'), PATIENCE_MS);
    void this.#ended.promise.then(() => clearTimeout(timer));
  }

  /** The packager, which serves the source rung, comes first where the machine is short of time. */
  #lowerPriority(): void {
    if (this.#child?.pid === undefined) return;
    try {
      setPriority(this.#child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It ended at once, which shows elsewhere.
    }
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this.#child?.pid !== undefined) return;
    const missing = CANNOT_BE_RUN.has(error.code ?? '');
    this.#end ??= { reason: missing ? 'missing' : 'exited', message: error.message };
    // Without a process it is not certain that a close event comes.
    this.#closed(null, null);
  }

  #closed(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#reported) return;
    this.#reported = true;
    clearInterval(this.#watch);
    this.#queue = [];
    this.#ended.resolve();
    const how = signal ? `It was ended by ${signal}.` : `It ended with exit code ${code}.`;
    this.#options.onEnd(this.#end ?? { reason: 'exited', message: `${how} ${this.#stderr.trim()}`.trim() });
  }
}
