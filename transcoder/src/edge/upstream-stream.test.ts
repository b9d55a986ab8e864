import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UpstreamListener } from './upstream-call.ts';
import { UpstreamStream, type Flight } from './upstream-stream.ts';

const HOLD_MS = 8_000;
const ANSWER = { status: 200, headers: {}, body: Buffer.alloc(0) };

let now: number;
/** Calls that were made and not taken back, oldest first. */
let calls: { target: string; listener: UpstreamListener }[];
let told: string[];
let stream: UpstreamStream;

beforeEach(() => {
  vi.useFakeTimers();
  now = 0;
  calls = [];
  told = [];
  stream = new UpstreamStream({
    transcoder: {
      call: ({ target }, listener) => {
        const call = { target, listener };
        calls.push(call);
        return () => void calls.splice(calls.indexOf(call), 1);
      },
    },
    now: () => now,
    random: () => 0.5,
    holdMs: HOLD_MS,
    called: () => undefined,
    reached: () => undefined,
  });
});
afterEach(() => {
  stream.close();
  vi.useRealTimers();
});

function ask(target: string): Flight {
  const flight: Flight = {
    asked: { target, mayBlock: false, mostBytes: 1 },
    answered: () => told.push(`${target} answered`),
    refused: (problem) => told.push(`${target} ${problem}`),
  };
  stream.ask(flight);
  return flight;
}

function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 10) {
    now += 10;
    vi.advanceTimersByTime(10);
  }
}

/** What becomes of the oldest call: `answered`, `connected`, `stale`, or the code of its failure. */
function next(outcome: string): string {
  const { target, listener } = outcome === 'connected' ? calls[0]! : calls.shift()!;
  if (outcome === 'connected') listener.connected();
  else if (outcome === 'answered') listener.answered(ANSWER);
  else if (outcome === 'stale') listener.failed('ECONNRESET', true);
  else listener.failed(outcome, false);
  return target;
}

const waiting = () => calls.map(({ target }) => target);

describe('the way to a transcoder', () => {
  it('asks at once, each for itself', () => {
    for (const target of ['a', 'b']) ask(target);
    expect(waiting()).toEqual(['a', 'b']);
    next('answered');
    next('answered');
    expect(told).toEqual(['a answered', 'b answered']);
    expect(stream.size).toBe(0);
  });

  it('tries one question at a time while the transcoder is away, and then all', () => {
    for (const target of ['a', 'b', 'c']) ask(target);
    for (let i = 0; i < 3; i++) next('ECONNREFUSED');
    ask('d');
    expect([waiting(), stream.held]).toEqual([[], 4]);
    pass(150);
    expect(waiting()).toEqual(['a']);
    next('ECONNREFUSED');
    pass(150);
    expect(waiting()).toEqual(['b']);
    next('connected');
    expect(waiting()).toEqual(['b', 'c', 'd', 'a']);
    for (let i = 0; i < 4; i++) next('answered');
    expect(told.sort()).toEqual(['a answered', 'b answered', 'c answered', 'd answered']);
    pass(1_000);
    expect(waiting()).toEqual([]);
  });

  it('gives up what could not be asked in time, each by its own', () => {
    ask('a');
    next('ECONNREFUSED');
    for (let at = 0; at < 5_000; at += 150) {
      pass(150);
      next('ECONNREFUSED');
    }
    ask('b');
    for (let at = 0; at < 4_000; at += 150) {
      pass(150);
      if (calls.length > 0) next('ECONNREFUSED');
    }
    expect(told).toEqual(['a unreachable']);
    for (let at = 0; at < 5_000; at += 150) {
      pass(150);
      if (calls.length > 0) next('ECONNREFUSED');
    }
    expect(told).toEqual(['a unreachable', 'b unreachable']);
  });

  it('takes a kept connection that was closed meanwhile for nothing', () => {
    ask('a');
    next('stale');
    expect(waiting()).toEqual(['a']);
    next('answered');
    expect(told).toEqual(['a answered']);
  });

  it('knows a stream without a name for a while after it answered', () => {
    ask('a');
    next('ENOTFOUND');
    expect(told).toEqual(['a unknown']);
    ask('b');
    next('answered');
    ask('c');
    next('ENOTFOUND');
    expect(stream.held).toBe(1);
    pass(150);
    next('answered');
    expect(told).toEqual(['a unknown', 'b answered', 'c answered']);
    pass(60_000);
    ask('d');
    next('ENOTFOUND');
    expect(told.at(-1)).toBe('d unknown');
  });

  it('takes one that was silent for an answer, and asks for no other because of it', () => {
    for (const target of ['a', 'b']) ask(target);
    next('connected');
    next('SILENT');
    expect([told, waiting(), stream.held]).toEqual([['a unreachable'], ['b'], 0]);
  });

  it('is patient anew where the transcoder had held the question back meanwhile', () => {
    ask('a');
    next('ECONNREFUSED');
    pass(150);
    next('connected');
    pass(HOLD_MS);
    next('ECONNRESET');
    expect([told, stream.held]).toEqual([[], 1]);
    pass(150);
    next('answered');
    expect(told).toEqual(['a answered']);
  });

  it('is not patient for ever with one that takes questions and drops them', () => {
    ask('a');
    for (let at = 0; at < HOLD_MS; at += 150) {
      next('connected');
      next('ECONNRESET');
      pass(150);
    }
    if (calls.length > 0) next('ECONNRESET');
    expect(told).toEqual(['a unreachable']);
  });

  it('does not ask again where there is no room for the answer', () => {
    ask('a');
    next('ENOBUFS');
    expect([told, stream.size]).toEqual([['a overloaded'], 0]);
  });

  it('forgets what nobody wants to know any more', () => {
    const [a, b] = [ask('a'), ask('b')];
    next('ECONNREFUSED');
    stream.drop(a);
    expect(stream.held).toBe(0);
    stream.drop(b);
    expect([waiting(), stream.size, told]).toEqual([[], 0, []]);
    pass(1_000);
    expect(waiting()).toEqual([]);
  });
});
