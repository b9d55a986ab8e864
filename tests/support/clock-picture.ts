import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Page } from './browser.ts';
import { CLOCK_COLUMNS, CLOCK_ROWS, encodeClock } from './clock-code.ts';
import { startFfmpeg, type Publisher } from './publisher.ts';

const WIDTH = 640;
const HEIGHT = 360;
const FPS = 30;
const BLOCK_WIDTH = WIDTH / CLOCK_COLUMNS;
/** The blocks fill the upper third. */
const BLOCK_HEIGHT = HEIGHT / 3 / CLOCK_ROWS;
const BLACK = 16;
const WHITE = 235;

/** A yuv420p frame: the clock in its upper third, below it a pattern that moves so that the encoder has work. */
function drawFrame(frame: Buffer, pattern: Buffer, ms: number, index: number): void {
  for (const [block, white] of encodeClock(ms).entries()) {
    const left = (block % CLOCK_COLUMNS) * BLOCK_WIDTH;
    const top = Math.floor(block / CLOCK_COLUMNS) * BLOCK_HEIGHT;
    for (let y = top; y < top + BLOCK_HEIGHT; y += 1) {
      frame.fill(white ? WHITE : BLACK, y * WIDTH + left, y * WIDTH + left + BLOCK_WIDTH);
    }
  }
  for (let y = HEIGHT / 3; y < HEIGHT; y += 1) {
    const from = (index * 3 + y * 2) % WIDTH;
    pattern.copy(frame, y * WIDTH, from, from + WIDTH);
  }
}

/** Two widths of a soft wave with a little texture on it. */
function movingPattern(): Buffer {
  const row = Buffer.alloc(WIDTH * 2);
  for (let x = 0; x < row.length; x += 1) {
    const wave = Math.sin(((x % WIDTH) / WIDTH) * Math.PI * 8) * 70;
    row[x] = 126 + wave + ((x * 37) % 16);
  }
  return row;
}

function feed(pipe: Writable): () => void {
  const pattern = movingPattern();
  const started = performance.now();
  let index = 0;
  let timer: NodeJS.Timeout | undefined;
  pipe.on('error', () => undefined);
  const tick = () => {
    if (pipe.destroyed || pipe.closed) return;
    // A frame that ffmpeg has not read yet would carry an old clock: it is better left out than drawn in advance.
    if (pipe.writableLength === 0) {
      const frame = Buffer.alloc((WIDTH * HEIGHT * 3) / 2, 128);
      drawFrame(frame, pattern, Date.now(), index);
      pipe.write(frame);
    }
    index += 1;
    timer = setTimeout(tick, Math.max(0, started + (index * 1000) / FPS - performance.now()));
  };
  tick();
  return () => clearTimeout(timer);
}

/**
 * Publishes 640x360 at 30 fps with the wall clock in each frame, and a tone, by x264 tuned for no latency.
 * @param gop Frames from one keyframe to the next.
 */
export function pushClockPicture(url: string, gop = 60): Publisher {
  const args = ['-hide_banner', '-loglevel', 'warning', '-nostdin'];
  // Frames are stamped as they are read, so that one left out does not shift all later ones.
  args.push('-use_wallclock_as_timestamps', '1', '-f', 'rawvideo', '-pix_fmt', 'yuv420p');
  args.push('-s', `${WIDTH}x${HEIGHT}`, '-r', String(FPS), '-i', 'pipe:0');
  args.push('-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000');
  args.push(
    '-map',
    '0:v',
    '-map',
    '1:a',
    '-enc_time_base:v',
    '1:1000',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
  );
  args.push(
    '-g',
    String(gop),
    '-keyint_min',
    String(gop),
    '-sc_threshold',
    '0',
    '-b:v',
    '1500k',
    '-maxrate',
    '1500k',
    '-bufsize',
    '750k',
  );
  args.push('-c:a', 'aac', '-b:a', '96k', '-ac', '2', '-f', 'flv', url);
  let stop: (() => void) | undefined;
  const publisher = startFfmpeg(args, (child) => {
    if (child.stdin) stop = feed(child.stdin);
  });
  void publisher.exited.finally(() => stop?.()).catch(() => undefined);
  return publisher;
}

export interface ClockSample {
  /** Unix ms of the reading. */
  readonly at: number;
  readonly glassToGlassMs: number;
}

const CLOCK_READER = readFileSync(new URL('./page/clock-reader.js', import.meta.url), 'utf8');

/** Lets a page read the clock of every n-th frame that its video shows. */
export async function readClockOn(page: Page, everyFrames = 3): Promise<void> {
  await page.evaluate(`window.clockEveryFrames = ${everyFrames}`);
  await page.evaluate(CLOCK_READER);
}

/** The samples since the last call. */
export function takeClockSamples(page: Page): Promise<{ samples: ClockSample[]; unreadable: number }> {
  return page.evaluate<{ samples: ClockSample[]; unreadable: number }>(
    `({ samples: window.clockSamples.splice(0), unreadable: window.clockUnreadable })`,
  );
}
