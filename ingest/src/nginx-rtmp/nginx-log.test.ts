import { expect, it } from 'vitest';
import { readNginxLog } from './nginx-log.ts';

const RUNNING = '2026/11/21 09:18:00 [error] 21999#21999: *7 ';

it.each([
  [
    `${RUNNING}live: already publishing, client: 192.0.2.1, server: 0.0.0.0:1936`,
    'error',
    '*7 live: already publishing, client: 192.0.2.1, server: 0.0.0.0:1936',
  ],
  ['2026/11/21 09:18:00 [warn] 9#9: *7 access forbidden by rule', 'warn', '*7 access forbidden by rule'],
  [
    'nginx: [emerg] unknown directive "spam" in /tmp/x/nginx.conf:3',
    'error',
    'unknown directive "spam" in /tmp/x/nginx.conf:3',
  ],
  [
    `2026/11/21 09:18:00 [emerg] 9#9: "spam" directive is not allowed here`,
    'error',
    '"spam" directive is not allowed here',
  ],
  ['a line of another kind', 'error', 'a line of another kind'],
])('reads %s', (line, level, message) => {
  expect(readNginxLog(line)).toEqual({ level, message });
});

it.each([
  "connect: application not found: 'live/SECRET', client: 192.0.2.1",
  `connect: application not found: 'li've/SECRET', client: 192.0.2.1`,
  `publish: name="" args="SECRET"`,
  `play: name='a''SECRET`,
])('keeps nothing that a client sent: %s', (said) => {
  expect(readNginxLog(RUNNING + said).message).not.toContain('SECRET');
});
