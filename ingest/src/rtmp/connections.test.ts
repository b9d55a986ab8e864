import { describe, expect, it } from 'vitest';
import { Connections, type Connection } from './connections.ts';

const LIMITS = { unauthenticatedPerAddress: 2, unauthenticatedTotal: 4, maxPublishers: 10 };

function crowd() {
  const connections = new Connections<Connection>(LIMITS, Date.now);
  const displaced: string[] = [];
  const come = (name: string, address: string, isStranger = true): void => {
    if (isStranger) connections.makeRoomFor(address);
    const displace = () => void displaced.push(name);
    connections.add({
      address,
      isStranger,
      isDispensable: true,
      displace,
      sweep: () => undefined,
      close: () => Promise.resolve(),
    });
  };
  return { connections, displaced, come };
}

describe('strangers', () => {
  it('make room for a newcomer of their address, the oldest first, and count once', () => {
    const { connections, displaced, come } = crowd();
    for (const name of ['one', 'two', 'three', 'four']) come(name, '203.0.113.1');
    expect([displaced, connections.size]).toEqual([['one', 'two'], 2]);
  });

  it('make room for a newcomer of another address where there are as many as may be', () => {
    const { displaced, come } = crowd();
    for (let n = 1; n <= 5; n++) come(`of ${n}`, `203.0.113.${n}`);
    expect(displaced).toEqual(['of 1']);
  });

  it('of one IPv6 network are counted together', () => {
    const { displaced, come } = crowd();
    come('first', '2001:db8::1');
    come('second', '2001:db8:0:0:ffff::2');
    come('other', '2001:db8:0:1::1');
    come('third', '2001:db8::3:0:0:1');
    expect(displaced).toEqual(['first']);
  });

  it('never take the place of one who publishes', () => {
    const { displaced, come } = crowd();
    for (let n = 0; n < 6; n++) come(`publisher ${n}`, '203.0.113.1', false);
    for (let n = 0; n < 3; n++) come(`stranger ${n}`, '203.0.113.1');
    expect(displaced).toEqual(['stranger 0']);
  });
});
