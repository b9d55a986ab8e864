import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { checkMedia } from './media-check.ts';

/** Two seconds of pictures, 30 a second, through a filter that drops some or moves them; half a second to a fragment. */
async function movie(filter: string): Promise<Buffer> {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=64x36:rate=30', '-t', '2', '-vf', filter];
  const encoder = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-g',
    '60',
    '-fps_mode',
    'passthrough',
  ];
  const muxer = ['-f', 'mp4', '-movflags', 'empty_moov+default_base_moof', '-frag_duration', '500000', 'pipe:1'];
  const options = { encoding: 'buffer', maxBuffer: 2 ** 24 } as const;
  return (await promisify(execFile)('ffmpeg', ['-v', 'error', ...source, ...encoder, ...muxer], options)).stdout;
}

it('finds nothing in pictures that follow one another', async () => {
  expect(await checkMedia(await movie('null'), [])).toMatchObject({ streams: ['h264 64x36'], problems: [] });
});

it('finds one picture that is missing', async () => {
  const { problems } = await checkMedia(await movie('select=not(eq(n\\,20))'), []);
  expect(problems).toEqual([expect.stringMatching(/^video: after 0\.\d+ s comes 0\.7/)]);
});
