import { describe, expect, it } from 'vitest';
import {
  createLogger,
  FLV_AUDIO,
  FLV_SCRIPT,
  FLV_VIDEO,
  type FlvSink,
  type SubscribeOptions,
} from '@showrunner/service-kit';
import type { AdmissionPolicy } from '../admission/admission.ts';
import { Shows } from './shows.ts';

const stream = { namespace: 'default', name: 'live' };
const policy: AdmissionPolicy = { takeover: 'newest', reconnectGraceMs: 20_000, idleTimeoutMs: 10_000 };
const logger = createLogger({ name: 'test', level: 'silent' });

const REPLAY_BYTES = 100;

const METADATA = Buffer.from('metadata');
const VIDEO_HEADER = Buffer.from([0x17, 0, 0, 0, 0, 1]);
const AUDIO_HEADER = Buffer.from([0xaf, 0, 1]);
const KEYFRAME = Buffer.from([0x17, 1, 0, 0, 0, 2]);
const FRAME = Buffer.from([0x27, 1, 0, 0, 0, 3]);
const SOUND = Buffer.from([0xaf, 1, 2]);
const NAMES = new Map<Buffer, string>([
  [METADATA, 'metadata'],
  [VIDEO_HEADER, 'video header'],
  [AUDIO_HEADER, 'audio header'],
  [KEYFRAME, 'keyframe'],
  [FRAME, 'frame'],
  [SOUND, 'sound'],
]);

function studio(replayBytes = REPLAY_BYTES) {
  const clock = { now: 1_000_000 };
  /** What is said of a show that another process had. */
  const left: { since?: number } = {};
  const shows = new Shows({ logger, now: () => clock.now, leftSince: () => left.since, replayBytes });
  return {
    shows,
    left,
    pass: (ms: number) => {
      clock.now += ms;
      shows.sweep();
    },
    /** A publisher, and whether it has been told that it was replaced. */
    publish: (own: Partial<AdmissionPolicy> = {}) => {
      const told = { replaced: false };
      const publisher = shows.publish(stream, { replaced: () => (told.replaced = true) }, { ...policy, ...own });
      return { told, publisher: publisher! };
    },
    /** A reader, and the words that it heard. */
    read: (options?: SubscribeOptions) => {
      const heard: string[] = [];
      const sink: FlvSink = {
        publisherStarted: (_since, behindMs) => void heard.push(behindMs ? `started ${behindMs} ms ago` : 'started'),
        tag: (tag) => void heard.push(NAMES.get(tag.payload) ?? 'unknown'),
        publisherStopped: (reason) => void heard.push(`stopped: ${reason}`),
        showEnded: (reason) => void heard.push(`ended: ${reason}`),
      };
      return { heard, subscription: shows.subscribe(stream, sink, options) };
    },
  };
}

describe('a show', () => {
  it('starts with the first media, not with the publisher or its metadata', () => {
    const { publish, read, shows } = studio();
    const { heard } = read();
    const { publisher } = publish();
    publisher.media(FLV_SCRIPT, 0, METADATA);
    expect([heard, shows.state(stream)]).toEqual([[], 'expected']);
    publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
    expect([heard, shows.state(stream)]).toEqual([['started', 'metadata', 'video header'], 'live']);
  });

  it('goes on when the publisher comes back within the grace, and ends when it does not', () => {
    const { publish, read, pass, shows } = studio();
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
    const { publish, read, pass } = studio();
    const { heard } = read();
    const first = publish().publisher;
    first.media(FLV_AUDIO, 0, SOUND);
    first.stop('idle');
    pass(20_000);
    publish().publisher.media(FLV_AUDIO, 0, SOUND);
    expect(heard).toEqual(['started', 'sound', 'stopped: idle', 'ended: grace-over', 'started', 'sound']);
  });

  it('ends with its publisher where no grace is given, and where it is switched off', () => {
    const { publish, read } = studio();
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
    const { publish, read, shows } = studio();
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
    const { publish, shows, left } = studio();
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
    const { publish, pass, shows, left } = studio();
    left.since = AGO;
    pass(20_000);
    delete left.since;
    publish().publisher.media(FLV_AUDIO, 0, SOUND);
    expect(shows.onAirSince(stream)).toBe(1_020_000);
  });

  it('is not begun again by a word that comes late, though nobody reads', () => {
    const { publish, pass, shows, left } = studio();
    const first = publish({ reconnectGraceMs: 0 }).publisher;
    first.media(FLV_AUDIO, 0, SOUND);
    left.since = shows.onAirSince(stream)!;
    first.stop('closed');
    pass(500);
    publish().publisher.media(FLV_AUDIO, 0, SOUND);
    expect(shows.onAirSince(stream)).toBe(1_000_500);
  });

  it('began by the clock of another machine, and not in the future', () => {
    const { publish, shows, left } = studio();
    left.since = 1_000_000 + 5_000;
    publish().publisher.media(FLV_AUDIO, 0, SOUND);
    expect(shows.onAirSince(stream)).toBe(1_000_000);
  });
});

describe('takeover', () => {
  it('lets the newest publisher win at once', () => {
    const { publish, read } = studio();
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
    const { publish, read, pass, shows } = studio();
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
    const { publish } = studio();
    const first = publish({ takeover: 'refuse' });
    expect(publish({ takeover: 'refuse' }).publisher).toBe(undefined);
    expect(first.told.replaced).toBe(false);
    first.publisher.stop('dropped');
    expect(publish({ takeover: 'refuse' }).publisher).toBeDefined();
  });
});

describe('a late reader', () => {
  it('is given metadata and headers, then tags from the next keyframe on', () => {
    const { publish, read } = studio();
    const { publisher } = publish();
    publisher.media(FLV_SCRIPT, 0, METADATA);
    publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
    publisher.media(FLV_AUDIO, 0, AUDIO_HEADER);
    publisher.media(FLV_VIDEO, 0, KEYFRAME);
    const { heard } = read();
    publisher.media(FLV_AUDIO, 20, SOUND);
    publisher.media(FLV_VIDEO, 33, FRAME);
    expect(heard).toEqual(['started', 'metadata', 'video header', 'audio header']);
    publisher.media(FLV_VIDEO, 66, KEYFRAME);
    publisher.media(FLV_AUDIO, 70, SOUND);
    publisher.media(FLV_VIDEO, 99, FRAME);
    expect(heard.slice(4)).toEqual(['keyframe', 'sound', 'frame']);
  });

  it('begins with the next tag where there is no video', () => {
    const { publish, read } = studio();
    const { publisher } = publish();
    publisher.media(FLV_AUDIO, 0, AUDIO_HEADER);
    const { heard } = read();
    publisher.media(FLV_AUDIO, 20, SOUND);
    expect(heard).toEqual(['started', 'audio header', 'sound']);
  });

  describe('that asks for a replay', () => {
    it('is given the frames since the last keyframe, and is told how far they are behind', () => {
      const { publish, read, pass } = studio();
      const { publisher } = publish();
      publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
      publisher.media(FLV_VIDEO, 0, KEYFRAME);
      pass(2_000);
      publisher.media(FLV_VIDEO, 2_000, KEYFRAME);
      publisher.media(FLV_AUDIO, 2_001, SOUND);
      pass(700);
      publisher.media(FLV_VIDEO, 2_700, FRAME);
      pass(50);
      const { heard } = read({ replay: true });
      publisher.media(FLV_AUDIO, 2_750, SOUND);
      publisher.media(FLV_VIDEO, 2_783, FRAME);
      expect(heard).toEqual([
        ...['started 750 ms ago', 'video header', 'keyframe', 'sound', 'frame'],
        ...['sound', 'frame'],
      ]);
    });

    it('waits for a keyframe where the last one is too long ago', () => {
      const { publish, read, pass } = studio();
      const { publisher } = publish();
      publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
      publisher.media(FLV_VIDEO, 0, KEYFRAME);
      for (let second = 1; second <= 5; second++) {
        pass(1_000);
        publisher.media(FLV_VIDEO, second * 1_000, FRAME);
      }
      expect(read({ replay: true }).heard).toEqual([
        ...['started 5000 ms ago', 'video header', 'keyframe'],
        ...['frame', 'frame', 'frame', 'frame', 'frame'],
      ]);
      pass(1);
      publisher.media(FLV_VIDEO, 5_001, FRAME);
      const { heard } = read({ replay: true });
      publisher.media(FLV_VIDEO, 5_034, FRAME);
      publisher.media(FLV_VIDEO, 5_067, KEYFRAME);
      expect(heard).toEqual(['started', 'video header', 'keyframe']);
    });

    it('waits for a keyframe where the publisher is silent, and where the clock was set back', () => {
      const { publish, read, pass } = studio();
      const { publisher } = publish();
      publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
      publisher.media(FLV_VIDEO, 0, KEYFRAME);
      pass(1_000);
      expect(read({ replay: true }).heard).toEqual(['started 1000 ms ago', 'video header', 'keyframe']);
      pass(1);
      expect(read({ replay: true }).heard).toEqual(['started', 'video header']);
      publisher.media(FLV_VIDEO, 1_001, KEYFRAME);
      pass(-1);
      expect(read({ replay: true }).heard).toEqual(['started', 'video header']);
    });

    it('waits for a keyframe where there are more frames since the last one than any encoder sends', () => {
      const { publish, read } = studio(2 ** 20);
      const { publisher } = publish();
      publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
      publisher.media(FLV_VIDEO, 0, KEYFRAME);
      for (let sounds = 1; sounds < 2_000; sounds++) publisher.media(FLV_AUDIO, 1, SOUND);
      expect(read({ replay: true }).heard.length).toBe(2_002);
      publisher.media(FLV_AUDIO, 1, SOUND);
      expect(read({ replay: true }).heard).toEqual(['started', 'video header']);
    });

    it('waits for a keyframe where more came since the last one than is kept', () => {
      const { publish, read } = studio();
      const { publisher } = publish();
      publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
      publisher.media(FLV_VIDEO, 0, KEYFRAME);
      for (let bytes = KEYFRAME.length; bytes <= REPLAY_BYTES; bytes += FRAME.length) {
        publisher.media(FLV_VIDEO, 33, FRAME);
      }
      const { heard } = read({ replay: true });
      publisher.media(FLV_VIDEO, 66, FRAME);
      publisher.media(FLV_VIDEO, 99, KEYFRAME);
      expect(heard).toEqual(['started', 'video header', 'keyframe']);
    });

    it('is given no frames of other headers, and those of the same ones said again', () => {
      const { publish, read } = studio();
      const { publisher } = publish();
      publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
      publisher.media(FLV_VIDEO, 0, KEYFRAME);
      publisher.media(FLV_VIDEO, 33, Buffer.from(VIDEO_HEADER));
      expect(read({ replay: true }).heard.slice(2)).toEqual(['keyframe']);
      publisher.media(FLV_VIDEO, 33, Buffer.concat([VIDEO_HEADER, Buffer.of(9)]));
      expect(read({ replay: true }).heard.slice(2)).toEqual([]);
    });

    it('is not given again what it failed at', () => {
      const { publish, shows, pass } = studio();
      const { publisher } = publish();
      publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
      publisher.media(FLV_VIDEO, 0, KEYFRAME);
      const stamps: number[] = [];
      const tag: FlvSink['tag'] = ({ timestamp, payload }) => {
        stamps.push(timestamp);
        if (payload === FRAME) throw new Error('broken frame');
      };
      publisher.media(FLV_VIDEO, 33, FRAME);
      const quiet = { publisherStarted: () => {}, publisherStopped: () => {}, showEnded: () => {} };
      shows.subscribe(stream, { ...quiet, tag }, { replay: true });
      pass(1_000);
      publisher.media(FLV_VIDEO, 1_000, KEYFRAME);
      // Header, keyframe and frame, then the header again and what is new.
      expect(stamps).toEqual([0, 0, 33, 0, 1_000]);
    });
  });

  it('hears nothing of a show that ended without a publisher while it was there, and nothing once closed', () => {
    const { publish, read, pass } = studio();
    const { publisher } = publish();
    publisher.media(FLV_AUDIO, 0, SOUND);
    publisher.stop('dropped');
    const late = read();
    const closed = read();
    closed.subscription.close();
    pass(20_000);
    publish().publisher.media(FLV_AUDIO, 0, SOUND);
    expect([late.heard, closed.heard]).toEqual([['started', 'sound'], []]);
  });

  it('that throws all the time harms nobody', () => {
    const { publish, read, shows, pass } = studio();
    const fail = () => {
      throw new Error('broken reader');
    };
    const subscription = shows.subscribe(stream, {
      publisherStarted: fail,
      tag: fail,
      publisherStopped: fail,
      showEnded: fail,
    });
    const { heard } = read();
    const { publisher } = publish();
    publisher.media(FLV_AUDIO, 0, SOUND);
    pass(1_000);
    publisher.media(FLV_AUDIO, 20, SOUND);
    subscription.close();
    pass(1_000);
    publisher.stop('closed');
    expect(heard).toEqual(['started', 'sound', 'sound', 'stopped: closed']);
  });

  it('that throws once is told the end, and a second later of the show as it is then', () => {
    const { publish, shows, pass } = studio();
    const heard: string[] = [];
    shows.subscribe(stream, {
      publisherStarted: () => void heard.push('started'),
      tag: ({ timestamp, payload }) => {
        if (timestamp === 20) throw new Error('broken tag');
        heard.push(NAMES.get(payload)!);
      },
      publisherStopped: (reason) => void heard.push(`stopped: ${reason}`),
      showEnded: (reason) => void heard.push(`ended: ${reason}`),
    });
    const { publisher } = publish();
    publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
    publisher.media(FLV_VIDEO, 0, KEYFRAME);
    publisher.media(FLV_VIDEO, 20, FRAME);
    pass(999);
    publisher.media(FLV_VIDEO, 40, KEYFRAME);
    pass(1);
    publisher.media(FLV_VIDEO, 60, FRAME);
    publisher.media(FLV_VIDEO, 80, KEYFRAME);
    expect(heard).toEqual([
      ...['started', 'video header', 'keyframe', 'stopped: reader-failed', 'ended: reader-failed'],
      ...['started', 'video header', 'keyframe'],
    ]);
  });
});
