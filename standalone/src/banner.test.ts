import { expect, it } from 'vitest';
import { banner } from './banner.ts';

const show = {
  watch: 'http://localhost:8080/watch/default/live',
  server: 'rtmp://localhost:1935/live',
  demo: 'npm run demo',
};

it('tells a newcomer what goes where, in lines that a script can read', () => {
  const rule = '─'.repeat(58);
  expect(banner({ ...show, key: { key: '0123456789abcdef' }, isFirst: true }).split('\n')).toEqual([
    rule,
    ' Showrunner is ready. This is your first show.',
    '',
    ' Watch http://localhost:8080/watch/default/live',
    '',
    ' In OBS, Settings > Stream > Service: Custom…',
    ' Server rtmp://localhost:1935/live',
    ' Stream Key 0123456789abcdef',
    '',
    ' No OBS at hand? Run `npm run demo` in a second terminal.',
    ' Ctrl-C ends all shows and stops.',
    rule,
    '',
  ]);
});

it('says why there is no key', () => {
  const text = banner({ ...show, key: { problem: 'default/live has no stream key.' }, isFirst: false });
  expect(text).toContain('\n default/live has no stream key.\n');
  expect(text).not.toMatch(/Stream Key|demo/);
});
