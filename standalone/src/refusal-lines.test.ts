import type { RefusedClient } from '@showrunner/ingest';
import { beforeEach, describe, expect, it } from 'vitest';
import { RefusalLines } from './refusal-lines.ts';

const UNKNOWN_KEY = {
  code: 'unknown-key',
  status: 'NetStream.Publish.Denied',
  sentence: 'This stream key is not known: copy the key of your show again.',
  stop: 'refused',
} as const;
const WRONG_APP = {
  code: 'wrong-app',
  status: 'NetConnection.Connect.InvalidApp',
  sentence: 'There is no such application here: the Server must end in /live.',
  stop: 'refused',
} as const;

function client(address: string, refusal: RefusedClient['refusal'] = UNKNOWN_KEY): RefusedClient {
  return { address, stream: undefined, refusal };
}

describe('the terminal', () => {
  let lines: RefusalLines;
  beforeEach(() => {
    lines = new RefusalLines();
  });
  const at = (seconds: number) => new Date(2026, 0, 2, 20, 15, seconds);

  it('says whom it refused, in the words that OBS has', () => {
    expect(lines.refused(client('192.0.2.7'), at(0))).toBe(
      '20:15:00 192.0.2.7 was refused: This stream key is not known: copy the key of your show again.\n',
    );
    expect(lines.refused(client('::ffff:192.0.2.7', WRONG_APP), at(1))).toBe(
      '20:15:01 192.0.2.7 was refused: There is no such application here: the Server must end in /live.\n',
    );
    expect(lines.refused(client(''), at(1))).toContain(' A client was refused: ');
  });

  it('names the show of who had been let in', () => {
    const idle = {
      ...UNKNOWN_KEY,
      code: 'idle',
      sentence: 'No audio or video has arrived for too long.',
      stop: 'idle',
    } as const;
    const publisher = { ...client('192.0.2.7', idle), stream: { namespace: 'default', name: 'live' } };
    expect(lines.refused(publisher, at(0))).toBe(
      '20:15:00 default/live: 192.0.2.7 was sent away: No audio or video has arrived for too long.\n',
    );
  });

  it('says the same of the same network once in ten seconds, and how often it was', () => {
    expect(lines.refused(client('2001:db8::1'), at(0))).toContain('2001:db8::1 was refused');
    expect(lines.refused(client('2001:db8::2'), at(1))).toBe(undefined);
    expect(lines.refused(client('2001:db8::1'), at(9))).toBe(undefined);
    expect(lines.others(at(10))).toBe(undefined);
    expect(lines.others(at(11))).toBe('20:15:11 2 more refusals like these.\n');
    expect(lines.others(at(30))).toBe(undefined);
    expect(lines.refused(client('2001:db8::1'), at(31))).toContain('2001:db8::1 was refused');
    expect(lines.refused(client('2001:db8::1'), at(32))).toBe(undefined);
    expect(lines.others(at(42))).toBe('20:15:42 1 more refusal like these.\n');
  });

  it('says no more than twenty in ten seconds, from however many addresses they come', () => {
    const everybody = Array.from({ length: 1_000 }, (_, index) => client(`10.0.${index >> 8}.${index & 255}`));
    const said = everybody.map((each) => lines.refused(each, at(0))).filter((line) => line !== undefined);
    expect(said).toHaveLength(20);
    expect(lines.refused(client('192.0.2.7'), at(9))).toBe(undefined);
    expect(lines.refused(client('192.0.2.7'), at(10))).toContain('192.0.2.7 was refused');
    expect(lines.others(at(10))).toBe('20:15:10 981 more refusals like these.\n');
  });
});
