import { describe, expect, it } from 'vitest';
import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO } from '@showrunner/service-kit';
import { KEYFRAME, METADATA, showStudio, SOUND, stream, VIDEO_HEADER } from '../testing/show-studio.ts';

describe('a show', () => {
  it('starts with the first media, not with the publisher or its metadata', () => {
    const { publish, read, shows } = showStudio();
    const { heard } = read();
    const { publisher } = publish();
    publisher.media(FLV_SCRIPT, 0, METADATA);
    expect([heard, shows.state(stream)]).toEqual([[], 'expected']);
    publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
    expect([heard, shows.state(stream)]).toEqual([['started', 'metadata', 'video header'], 'live']);
  });

  it('goes on when the publisher comes back within the grace, and ends when it does not', () => {
    const { publish, read, pass, shows } = showStudio();
    const { heard } = read();
    const first = publish().publisher;
    first.media(FLV_VIDEO, 0, KEYFRAME);
    first.stop('dropped');
    pass(19_999);
    const second = publish().publisher;
    second.media(FLV_VIDEO, 0, KEYFRAME);
    second.stop('closed');
    pass(19_999);
    expect(shows.state(stream)).toBe('reconnecting');
    pass(1);
    expect(heard).toEqual([
      ...['started', 'keyframe', 'stopped: dropped'],
      ...['started', 'keyframe', 'stopped: closed', 'ended: grace-over'],
    ]);
    expect(shows.state(stream)).toBe('off');
  });

  it('begins anew after its end', () => {
    const { publish, read, pass } = showStudio();
    const { heard } = read();
    const first = publish().publisher;
    first.media(FLV_AUDIO, 0, SOUND);
    first.stop('idle');
    pass(20_000);
    publish().publisher.media(FLV_AUDIO, 0, SOUND);
    expect(heard).toEqual(['started', 'sound', 'stopped: idle', 'ended: grace-over', 'started', 'sound']);
  });

  it('ends with its publisher where no grace is given, and where it is switched off', () => {
    const { publish, read } = showStudio();
    const { heard } = read();
    const first = publish({ reconnectGraceMs: 0 }).publisher;
    first.media(FLV_AUDIO, 0, SOUND);
    first.stop('closed');
    const second = publish().publisher;
    second.media(FLV_AUDIO, 0, SOUND);
    second.stop('disabled');
    expect(heard).toEqual([
      ...['started', 'sound', 'stopped: closed', 'ended: closed'],
      ...['started', 'sound', 'stopped: disabled', 'ended: disabled'],
    ]);
  });

  it('can be ended while it waits for its publisher', () => {
    const { publish, read, shows } = showStudio();
    const { heard } = read();
    const { publisher } = publish();
    publisher.media(FLV_AUDIO, 0, SOUND);
    publisher.stop('dropped');
    shows.end(stream, 'disabled');
    shows.end(stream, 'disabled');
    expect(heard).toEqual(['started', 'sound', 'stopped: dropped', 'ended: disabled']);
  });
});

describe('a show that another process had on air', () => {
  const AGO = 1_000_000 - 60_000;

  it('goes on with the publisher that comes back', () => {
    const { publish, shows, left } = showStudio();
    left.since = AGO;
    const { publisher } = publish();
    expect([shows.state(stream), shows.onAirSince(stream)]).toEqual(['expected', undefined]);
    publisher.media(FLV_AUDIO, 0, SOUND);
    expect([shows.state(stream), shows.onAirSince(stream)]).toEqual(['live', AGO]);
    const since: unknown[] = [];
    const nothing = () => undefined;
    const sink = { tag: nothing, publisherStopped: nothing, showEnded: nothing };
    shows.subscribe(stream, { ...sink, publisherStarted: (onAirSince) => since.push(onAirSince) });
    expect(since).toEqual([AGO]);
  });

  it('is over where nobody says any more that it is on air', () => {
    const { publish, pass, shows, left } = showStudio();
    left.since = AGO;
    pass(20_000);
    delete left.since;
    publish().publisher.media(FLV_AUDIO, 0, SOUND);
    expect(shows.onAirSince(stream)).toBe(1_020_000);
  });

  it('is not begun again by a word that comes late, though nobody reads', () => {
    const { publish, pass, shows, left } = showStudio();
    const first = publish({ reconnectGraceMs: 0 }).publisher;
    first.media(FLV_AUDIO, 0, SOUND);
    left.since = shows.onAirSince(stream)!;
    first.stop('closed');
    pass(500);
    publish().publisher.media(FLV_AUDIO, 0, SOUND);
    expect(shows.onAirSince(stream)).toBe(1_000_500);
  });

  it('began by the clock of another machine, and not in the future', () => {
    const { publish, shows, left } = showStudio();
    left.since = 1_000_000 + 5_000;
    publish().publisher.media(FLV_AUDIO, 0, SOUND);
    expect(shows.onAirSince(stream)).toBe(1_000_000);
  });
});

describe('a clock that is set', () => {
  it.each([
    ['forward', 1_000_000 + 3_600_000],
    ['back', 1_000_000 - 3_600_000],
  ])('%s neither ends the grace of a show nor lengthens it', (_where, date) => {
    const { publish, read, pass, setDate, shows } = showStudio();
    const { heard } = read();
    const { publisher } = publish();
    publisher.media(FLV_AUDIO, 0, SOUND);
    publisher.stop('dropped');
    setDate(date);
    pass(19_999);
    expect([shows.state(stream), shows.onAirSince(stream)]).toEqual(['reconnecting', 1_000_000]);
    pass(1);
    expect(heard).toEqual(['started', 'sound', 'stopped: dropped', 'ended: grace-over']);
  });

  it('does not bend what is measured', () => {
    const { publish, pass, setDate, shows } = showStudio();
    const { publisher } = publish();
    publisher.media(FLV_AUDIO, 0, SOUND);
    setDate(1_000_000 - 3_600_000);
    for (let second = 1; second <= 3; second++) {
      pass(1_000);
      publisher.media(FLV_AUDIO, second * 1_000, SOUND);
    }
    expect(shows.facts(stream)).toMatchObject({ bitrate: SOUND.length * 8, arrivalDelayMs: 0 });
  });
});

describe('takeover', () => {
  it('lets the newest publisher win at once', () => {
    const { publish, read } = showStudio();
    const { heard } = read();
    const first = publish();
    first.publisher.media(FLV_AUDIO, 0, SOUND);
    const second = publish();
    expect([first.told.replaced, heard]).toEqual([true, ['started', 'sound', 'stopped: replaced']]);
    first.publisher.media(FLV_AUDIO, 1, SOUND);
    first.publisher.stop('dropped');
    second.publisher.media(FLV_AUDIO, 0, SOUND);
    expect(heard).toEqual(['started', 'sound', 'stopped: replaced', 'started', 'sound']);
  });

  it('does not end the show while the newcomer is about to send, and does when it leaves without', () => {
    const { publish, read, pass, shows } = showStudio();
    const { heard } = read();
    publish().publisher.media(FLV_AUDIO, 0, SOUND);
    const { publisher } = publish({ reconnectGraceMs: 0 });
    pass(5_000);
    expect(shows.state(stream)).toBe('reconnecting');
    publisher.stop('idle');
    pass(0);
    expect(heard).toEqual(['started', 'sound', 'stopped: replaced', 'ended: grace-over']);
  });

  it('refuses the second publisher where the show says so, and takes it once the first is gone', () => {
    const { publish } = showStudio();
    const first = publish({ takeover: 'refuse' });
    expect(publish({ takeover: 'refuse' }).publisher).toBe(undefined);
    expect(first.told.replaced).toBe(false);
    first.publisher.stop('dropped');
    expect(publish({ takeover: 'refuse' }).publisher).toBeDefined();
  });
});
