import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { upstreamReply } from './upstream-reply.ts';

const body = Buffer.from('<script>');
const hostile = {
  'content-type': 'text/html',
  'content-encoding': 'br',
  'content-security-policy': 'default-src *',
  'set-cookie': ['a=b'],
  location: 'https://example.com/',
  'cache-control': 'public, max-age=1',
};
const reply = (kind: Parameters<typeof upstreamReply>[0], status: number) =>
  upstreamReply(kind, { status, headers: hostile, body }, () => 0);

describe('what a transcoder answers', () => {
  it.each([
    ['master', 200, 'application/vnd.apple.mpegurl'],
    ['playlist', 200, 'application/vnd.apple.mpegurl'],
    ['map', 200, 'video/mp4'],
    ['segment', 200, 'video/iso.segment'],
    ['part', 200, 'video/iso.segment'],
    ['part', 404, 'text/plain; charset=utf-8'],
    ['playlist', 400, 'text/plain; charset=utf-8'],
    ['master', 503, 'text/plain; charset=utf-8'],
  ] as const)('to a question for a %s with %i is %s, whatever it says', (kind, status, type) => {
    const fields = Object.fromEntries(reply(kind, status)!.plain.fields);
    expect(fields).toEqual({
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': 'Content-Length, Content-Range, Date',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "sandbox; default-src 'none'",
      'Content-Type': type,
      'Content-Length': '8',
      'Cache-Control': 'public, max-age=1',
      ...(fields['Accept-Ranges'] && { 'Accept-Ranges': 'bytes' }),
      ...(fields.Vary && { Vary: 'Accept-Encoding' }),
    });
  });

  it('is kept no longer than a playlist that was not waited for, where it is one, and packed once', () => {
    const answer = { status: 200, headers: { 'cache-control': 'public, max-age=12' }, body: Buffer.from('#EXTM3U\n') };
    const [playlist, part] = [upstreamReply('playlist', answer, () => 0)!, upstreamReply('part', answer, () => 0)!];
    expect([playlist.lifetimeMs, part.lifetimeMs]).toEqual([1_000, 12_000]);
    expect(Object.fromEntries(playlist.plain.fields)).toMatchObject({ 'Cache-Control': 'public, max-age=1' });
    const packed = playlist.gzip!();
    expect(Object.fromEntries(packed.fields)).toMatchObject({ 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
    expect(gunzipSync(packed.body[0]!).toString()).toBe('#EXTM3U\n');
    expect(playlist.gzip!()).toBe(packed);
    expect(part.gzip).toBeUndefined();
  });

  it.each([100, 204, 206, 301, 304, 401, 416, 500, 502])('is nothing for viewers with %i', (status) => {
    expect(reply('segment', status)).toBeUndefined();
  });
});
