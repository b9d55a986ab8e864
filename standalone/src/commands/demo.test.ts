import { expect, it } from 'vitest';
import { demoArguments } from './demo.ts';

it('publishes a moving picture with a clock, and a tone, as OBS would', () => {
  expect(demoArguments('rtmp://127.0.0.1:1935/live/KEY').join(' ')).toBe(
    '-hide_banner -loglevel quiet -nostdin ' +
      '-re -f lavfi -i testsrc2=size=1280x720:rate=30 ' +
      '-re -f lavfi -i sine=frequency=440:beep_factor=4:sample_rate=48000 ' +
      '-c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p ' +
      '-b:v 2500k -maxrate 2500k -bufsize 2500k -g 60 ' +
      '-c:a aac -b:a 128k -ac 2 -af volume=0.2 ' +
      '-f flv rtmp://127.0.0.1:1935/live/KEY',
  );
});
