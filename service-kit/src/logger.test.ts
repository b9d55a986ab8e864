import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';

function logged(fields: object): Record<string, unknown> {
  const lines: string[] = [];
  createLogger({ name: 'test', level: 'info' }, { write: (line) => void lines.push(line) }).info(fields, 'said');
  const {
    name,
    msg,
    level: _level,
    time: _time,
    pid: _pid,
    hostname: _hostname,
    ...rest
  } = JSON.parse(lines.join('')) as Record<string, unknown>;
  expect({ name, msg }).toEqual({ name: 'test', msg: 'said' });
  return rest;
}

describe('createLogger', () => {
  it('writes what is no secret', () => {
    expect(logged({ stream: 'default/live', keyframes: 3, keyHash: 'ab' })).toEqual({
      stream: 'default/live',
      keyframes: 3,
      keyHash: 'ab',
    });
  });

  it('removes secrets, nested ones too', () => {
    const secrets = {
      streamKey: 's',
      key: 's',
      token: 's',
      password: 's',
      secret: 's',
      authorization: 's',
      cookie: 's',
      'set-cookie': 's',
    };
    expect(
      logged({ ...secrets, user: { ...secrets, name: 'a' }, req: { headers: { ...secrets, host: 'b' } } }),
    ).toEqual({
      user: { name: 'a' },
      req: { headers: { host: 'b' } },
    });
  });

  it('leaves the logged object as it was', () => {
    const fields = { user: { token: 's' } };
    logged(fields);
    expect(fields).toEqual({ user: { token: 's' } });
  });

  it('says nothing below its level', () => {
    const lines: string[] = [];
    createLogger({ name: 'test', level: 'warn' }, { write: (line) => void lines.push(line) }).info('unheard');
    expect(lines).toEqual([]);
  });
});
