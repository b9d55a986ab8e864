import { describe, expect, it } from 'vitest';
import { parseRequestHead } from './request-head.ts';

const parse = (text: string) => parseRequestHead(Buffer.from(text, 'latin1'), undefined);
const PLAIN = 'GET /hls/a/b/master.m3u8?x=1 HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip, br\r\n\r\n';

describe('a request head', () => {
  it('is read when it is whole, alone and plain', () => {
    expect(parse(PLAIN)).toMatchObject({
      url: '/hls/a/b/master.m3u8?x=1',
      fields: { acceptEncoding: 'gzip, br', needsHttp: false },
    });
    expect(parse('GET / HTTP/1.1\r\nhost:a\r\nConnection: Keep-Alive\r\nRange: bytes=0-\r\n\r\n')?.fields).toEqual({
      acceptEncoding: undefined,
      needsHttp: true,
    });
  });

  it('with the fields of the one before is not read twice', () => {
    const first = parse(PLAIN);
    const next = parseRequestHead(Buffer.from(PLAIN.replace('x=1', 'x=2')), first);
    expect(next?.url).toBe('/hls/a/b/master.m3u8?x=2');
    expect(next?.fields).toBe(first?.fields);
  });

  it.each([
    ['half of one', PLAIN.slice(0, 60)],
    ['more than one', PLAIN + PLAIN],
    ['one and a half', PLAIN + PLAIN.slice(0, 20)],
    ['another method', PLAIN.replace('GET', 'POST')],
    ['another version', PLAIN.replace('1.1', '1.0')],
    ['no path', PLAIN.replace('/hls', 'hls')],
    ['a space in the path', PLAIN.replace('master', 'mas ter')],
    ['a byte above ASCII in the path', PLAIN.replace('master', 'm\xe4ster')],
    ['no Host', PLAIN.replace('Host', 'Hose')],
    ['two Hosts', PLAIN.replace('Accept-Encoding', 'Host')],
    ['a space before the colon', PLAIN.replace('Host:', 'Host :')],
    ['a folded field', PLAIN.replace('Accept', ' Accept')],
    ['a bare line feed', PLAIN.replace('localhost\r\n', 'localhost\n')],
    ['a bare carriage return', PLAIN.replace('localhost\r\n', 'local\rhost\r\n')],
    ['a zero byte', PLAIN.replace('localhost', 'local\0host')],
    ['no field at all', 'GET /hls/ HTTP/1.1\r\n\r\n'],
    ['a body', PLAIN.replace('Accept-Encoding: gzip', 'Content-Length: 3')],
    ['a body in chunks', PLAIN.replace('Accept-Encoding: gzip, br', 'transfer-encoding: chunked')],
    ['a connection to be closed', PLAIN.replace('Accept-Encoding: gzip, br', 'Connection: close')],
    ['another protocol', PLAIN.replace('Accept-Encoding: gzip, br', 'Connection: Upgrade\r\nUpgrade: websocket')],
  ])('is left alone where there is %s', (_, text) => {
    expect(parse(text)).toBeUndefined();
  });
});
