import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytesOfTree, startShowrunner, type Publisher } from '@showrunner/tests/support';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { median, say, type Figure } from '../report.ts';

const FURTHER = 10;
const MEGABYTE = 1_000_000;

/** The median of resident memory over the last stretch of a wait, which garbage collection makes go up and down. */
async function settledBytes(pid: number, seconds: number): Promise<number> {
  await sleep(seconds * 1_000);
  const samples: number[] = [];
  for (let index = 0; index < 40; index += 1) {
    samples.push(residentBytesOfTree(pid));
    await sleep(500);
  }
  return median(samples);
}

export const memory: Figure = {
  name: 'memory',
  describes: 'resident memory per further passthrough stream, from 1 to 11 streams of 720p30 2.6 Mbit/s',
  home: 'laptop',
  run: async ({ seconds }) => {
    const file = await encodeShow();
    const product = await startShowrunner();
    const publishers: Publisher[] = [];
    try {
      const names = Array.from({ length: FURTHER + 1 }, (_, index) => `held-${index}`);
      const [first = '', ...others] = await product.applyAll(names, {});
      publishers.push(pushFile(file, `${product.rtmpServer}/${first}`));
      const one = await settledBytes(product.pid, seconds);
      say(`1 stream: ${(one / MEGABYTE).toFixed(0)} MB`);
      for (const key of others) publishers.push(pushFile(file, `${product.rtmpServer}/${key}`));
      const all = await settledBytes(product.pid, seconds);
      say(`${names.length} streams: ${(all / MEGABYTE).toFixed(0)} MB`);
      const each = (all - one) / FURTHER / MEGABYTE;
      return [
        {
          what: 'memory per further passthrough stream',
          ours: `${each.toFixed(1)} MB`,
          goal: '<= 10 MB',
          met: each <= 10,
        },
      ];
    } finally {
      await Promise.all(publishers.map((publisher) => publisher.kill()));
      await product.stop();
    }
  },
};
