import { describe, expect, it } from 'vitest';
import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, type FlvSink } from '@showrunner/service-kit';
import {
  AUDIO_HEADER,
  FRAME,
  KEYFRAME,
  METADATA,
  NAMES,
  onAir,
  REPLAY_BYTES,
  showStudio,
  SOUND,
  stream,
  VIDEO_HEADER,
} from '../testing/show-studio.ts';

describe('a late reader', () => {
  it('is given metadata and headers, then tags from the next keyframe on', () => {
    const { publish, read } = showStudio();
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
    const { publish, read } = showStudio();
    const { publisher } = publish();
    publisher.media(FLV_AUDIO, 0, AUDIO_HEADER);
    const { heard } = read();
    publisher.media(FLV_AUDIO, 20, SOUND);
    expect(heard).toEqual(['started', 'audio header', 'sound']);
  });

  describe('that asks for a replay', () => {
    it('is given the frames since the last keyframe, and is told how far they are behind', () => {
      const { publisher, read, pass } = onAir();
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
      const { publisher, read, pass } = onAir();
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

    it('waits for a keyframe where the publisher is silent', () => {
      const { read, pass } = onAir();
      pass(1_000);
      expect(read({ replay: true }).heard).toEqual(['started 1000 ms ago', 'video header', 'keyframe']);
      pass(1);
      expect(read({ replay: true }).heard).toEqual(['started', 'video header']);
    });

    it('waits for a keyframe where there are more frames since the last one than any encoder sends', () => {
      const { publisher, read } = onAir(2 ** 20);
      for (let sounds = 1; sounds < 2_000; sounds++) publisher.media(FLV_AUDIO, 1, SOUND);
      expect(read({ replay: true }).heard.length).toBe(2_002);
      publisher.media(FLV_AUDIO, 1, SOUND);
      expect(read({ replay: true }).heard).toEqual(['started', 'video header']);
    });

    it('waits for a keyframe where more came since the last one than is kept', () => {
      const { publisher, read } = onAir();
      for (let bytes = KEYFRAME.length; bytes <= REPLAY_BYTES; bytes += FRAME.length) {
        publisher.media(FLV_VIDEO, 33, FRAME);
      }
      const { heard } = read({ replay: true });
      publisher.media(FLV_VIDEO, 66, FRAME);
      publisher.media(FLV_VIDEO, 99, KEYFRAME);
      expect(heard).toEqual(['started', 'video header', 'keyframe']);
    });

    it('is given no frames of other headers, and those of the same ones said again', () => {
      const { publisher, read } = onAir();
      publisher.media(FLV_VIDEO, 33, Buffer.from(VIDEO_HEADER));
      expect(read({ replay: true }).heard.slice(2)).toEqual(['keyframe']);
      publisher.media(FLV_VIDEO, 33, Buffer.concat([VIDEO_HEADER, Buffer.of(9)]));
      expect(read({ replay: true }).heard.slice(2)).toEqual([]);
    });

    it('is not given again what it failed at', () => {
      const { publisher, shows, pass } = onAir();
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
    const { publish, read, pass } = showStudio();
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
    const { publish, read, shows, pass } = showStudio();
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
    const { publish, shows, pass } = showStudio();
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
