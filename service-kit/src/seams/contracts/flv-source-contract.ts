import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FLV_AUDIO,
  FLV_SCRIPT,
  FLV_VIDEO,
  type FlvSink,
  type FlvSource,
  type FlvTag,
  type StopReason,
  type StreamRef,
  type SubscribeOptions,
} from '../flv-source.ts';

/** Drives the publishing side of the source under test. */
export interface FlvPublisher {
  /** A publisher comes on air. */
  start(stream: StreamRef): void | Promise<void>;
  tag(stream: StreamRef, tag: FlvTag): void | Promise<void>;
  /** The publisher goes away; the show stays open for the next one. */
  stop(stream: StreamRef, reason: StopReason): void | Promise<void>;
  /** The show ends. */
  end(stream: StreamRef, reason: StopReason): void | Promise<void>;
  /** Resolves when all sinks have been told everything that was done so far. */
  settle(): Promise<void>;
}

const SHOW: StreamRef = { namespace: 'default', name: 'live' };
const OTHER: StreamRef = { namespace: 'default', name: 'other' };

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const tag = (type: FlvTag['type'], timestamp: number, payload: Buffer): FlvTag => ({ type, timestamp, payload });

// What ffmpeg sends for a 320x180 test picture and a tone: onMetaData, AVC and AAC sequence headers.
const metadata = (height: number) =>
  tag(
    FLV_SCRIPT,
    0,
    Buffer.concat([
      hex('02 000a 6f6e4d65746144617461 08 00000001 0006 686569676874 00'),
      double(height),
      hex('000009'),
    ]),
  );
const avcHeader = (level = '0c') =>
  tag(
    FLV_VIDEO,
    0,
    hex(
      `17 00 000000 0142c0${level}ffe10019 6742c0${level}d901419f9f011000000300100000030320f142a480 01 0005 68cb83cb20`,
    ),
  );
const aacHeader = tag(FLV_AUDIO, 0, hex('af 00 118856e500'));
const keyframe = (timestamp: number, slice = '6588') =>
  tag(FLV_VIDEO, timestamp, hex(`17 01 000000 00000002 ${slice}`));
const frame = (timestamp: number, slice = '419a') => tag(FLV_VIDEO, timestamp, hex(`27 01 000000 00000002 ${slice}`));
const audio = (timestamp: number) => tag(FLV_AUDIO, timestamp, hex('af 01 211004608c1c'));

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** What a sink was told: `started`, `8@40 af01…`, `stopped closed`, `ended grace-over`. */
class Listener implements FlvSink {
  readonly tags: FlvTag[] = [];
  readonly #told: (string | FlvTag)[] = [];

  behindMs: number | undefined;

  publisherStarted(_onAirSince?: number, behindMs?: number): void {
    this.behindMs = behindMs;
    this.#told.push('started');
  }
  tag(tag: FlvTag): void {
    this.tags.push(tag);
    this.#told.push(tag);
  }
  publisherStopped(reason: StopReason): void {
    this.#told.push(`stopped ${reason}`);
  }
  showEnded(reason: StopReason): void {
    this.#told.push(`ended ${reason}`);
  }

  /** Payloads are read now, not when they came, so that one that was overwritten meanwhile shows. */
  get heard(): string[] {
    return this.#told.map((entry) => (typeof entry === 'string' ? entry : text(entry)));
  }
}

function text({ type, timestamp, payload }: FlvTag): string {
  return `${type}@${timestamp} ${payload.toString('hex')}`;
}

/**
 * What every FlvSource does, in the process of its publisher or behind a network. `makeSource` is called before each
 * test and gives a source without publishers; `cleanup` is called after it.
 */
export function flvSourceContract(
  name: string,
  makeSource: () => Promise<{ source: FlvSource; publisher: FlvPublisher; cleanup: () => Promise<void> }>,
): void {
  describe(`${name} as an FlvSource`, () => {
    let source: FlvSource;
    let publisher: FlvPublisher;
    let cleanup: () => Promise<void>;
    beforeEach(async () => {
      ({ source, publisher, cleanup } = await makeSource());
    });
    afterEach(() => cleanup());

    function listen(stream = SHOW, options?: SubscribeOptions): Listener & { close(): void } {
      const listener = new Listener();
      const subscription = source.subscribe(stream, listener, options);
      return Object.assign(listener, { close: () => subscription.close() });
    }
    async function send(...tags: FlvTag[]): Promise<void> {
      for (const one of tags) await publisher.tag(SHOW, one);
    }

    it('tells a show from its start to its end, in order', async () => {
      const listener = listen();
      const tags = [metadata(180), avcHeader(), aacHeader, keyframe(0), audio(0), audio(21), frame(40)];
      await publisher.settle();
      expect(listener.heard).toEqual([]);
      await publisher.start(SHOW);
      await send(...tags);
      await publisher.stop(SHOW, 'closed');
      await publisher.end(SHOW, 'grace-over');
      await publisher.settle();
      expect(listener.heard).toEqual(['started', ...tags.map(text), 'stopped closed', 'ended grace-over']);
    });

    it('lets publishers follow each other within a show, and shows each other', async () => {
      const listener = listen();
      await publisher.start(SHOW);
      await send(avcHeader(), keyframe(0));
      await publisher.stop(SHOW, 'dropped');
      await publisher.start(SHOW);
      await send(avcHeader('0d'), keyframe(0));
      await publisher.stop(SHOW, 'replaced');
      await publisher.end(SHOW, 'disabled');
      await publisher.start(SHOW);
      await send(avcHeader(), keyframe(7));
      await publisher.settle();
      expect(listener.heard).toEqual([
        'started',
        text(avcHeader()),
        text(keyframe(0)),
        'stopped dropped',
        'started',
        text(avcHeader('0d')),
        text(keyframe(0)),
        'stopped replaced',
        'ended disabled',
        'started',
        text(avcHeader()),
        text(keyframe(7)),
      ]);
    });

    it('keeps timestamps as they were sent: going back, jumping, and near 2^32', async () => {
      const listener = listen();
      await publisher.start(SHOW);
      await send(aacHeader, audio(5_000), audio(4_000), audio(0x01_00_00_00), audio(0xff_ff_ff_ff), audio(3));
      await publisher.settle();
      expect(listener.tags.map(({ timestamp }) => timestamp)).toEqual([
        0, 5_000, 4_000, 0x01_00_00_00, 0xff_ff_ff_ff, 3,
      ]);
    });

    it('hands out payloads that are never written to again', async () => {
      const listener = listen();
      const tags = [
        avcHeader(),
        keyframe(0),
        ...Array.from({ length: 200 }, (_, at) => frame(40 * (at + 1), `419a${'ab'.repeat(at)}`)),
      ];
      await publisher.start(SHOW);
      await send(...tags);
      await publisher.settle();
      expect(listener.tags.map(text)).toEqual(tags.map(text));
    });

    it('begins for a late listener with headers and the next keyframe', async () => {
      await publisher.start(SHOW);
      await send(metadata(180), avcHeader(), aacHeader, keyframe(0), audio(0), frame(40));
      await publisher.settle();
      const listener = listen();
      await publisher.settle();
      await send(frame(80), audio(85), keyframe(120), audio(125), frame(160));
      await publisher.settle();
      expect(listener.heard[0]).toBe('started');
      // The order among the headers is the source's own.
      expect(listener.heard.slice(1, 4).sort()).toEqual([metadata(180), avcHeader(), aacHeader].map(text).sort());
      expect(listener.heard.slice(4)).toEqual([keyframe(120), audio(125), frame(160)].map(text));
    });

    it('replays to a late listener that asks for it all since the last keyframe, and goes on', async () => {
      await publisher.start(SHOW);
      const before = performance.now();
      await send(metadata(180), avcHeader(), aacHeader, keyframe(0), audio(0), keyframe(40), audio(43), frame(80));
      await publisher.settle();
      await new Promise((resolve) => setTimeout(resolve, 31));
      const listener = listen(SHOW, { replay: true });
      await publisher.settle();
      await send(audio(85), frame(120));
      await publisher.settle();
      expect(listener.heard[0]).toBe('started');
      expect(listener.heard.slice(4)).toEqual([keyframe(40), audio(43), frame(80), audio(85), frame(120)].map(text));
      expect(listener.behindMs).toBeGreaterThanOrEqual(30);
      expect(listener.behindMs).toBeLessThanOrEqual(Math.ceil(performance.now() - before));
    });

    it('replays nothing of a publisher that has gone', async () => {
      await publisher.start(SHOW);
      await send(avcHeader(), keyframe(0), frame(40));
      await publisher.stop(SHOW, 'dropped');
      await publisher.start(SHOW);
      await send(avcHeader(), frame(80));
      await publisher.settle();
      const listener = listen(SHOW, { replay: true });
      await publisher.settle();
      await send(keyframe(120));
      await publisher.settle();
      expect(listener.heard).toEqual(['started', text(avcHeader()), text(keyframe(120))]);
      expect(listener.behindMs ?? 0).toBe(0);
    });

    it('gives a late listener the headers that hold now', async () => {
      await publisher.start(SHOW);
      await send(metadata(180), avcHeader(), keyframe(0), metadata(360), avcHeader('0d'), keyframe(40));
      await publisher.settle();
      const listener = listen();
      await publisher.settle();
      await send(keyframe(80));
      await publisher.settle();
      expect(listener.heard.slice(1, 3).sort()).toEqual([metadata(360), avcHeader('0d')].map(text).sort());
      expect(listener.heard.slice(3)).toEqual([text(keyframe(80))]);
    });

    it('begins for a late listener with the next tag where there is no video', async () => {
      await publisher.start(SHOW);
      await send(aacHeader, audio(0));
      await publisher.settle();
      const listener = listen();
      await publisher.settle();
      await send(audio(21), audio(43));
      await publisher.settle();
      expect(listener.heard).toEqual(['started', text(aacHeader), text(audio(21)), text(audio(43))]);
    });

    it('says nothing between two publishers, and nothing of the former one after that', async () => {
      await publisher.start(SHOW);
      await send(metadata(180), avcHeader(), aacHeader, keyframe(0));
      await publisher.stop(SHOW, 'dropped');
      await publisher.settle();
      const listener = listen();
      await publisher.settle();
      expect(listener.tags).toEqual([]);
      expect(listener.heard).not.toContain('started');
      await publisher.start(SHOW);
      await send(aacHeader, audio(0));
      await publisher.settle();
      expect(listener.heard).toEqual(['started', text(aacHeader), text(audio(0))]);
    });

    it('tells every listener, and only of its own stream', async () => {
      const [left, right, other] = [listen(), listen(), listen(OTHER)];
      await publisher.start(SHOW);
      await send(aacHeader, audio(0));
      await publisher.start(OTHER);
      await publisher.tag(OTHER, aacHeader);
      await publisher.settle();
      expect(left.heard).toEqual(['started', text(aacHeader), text(audio(0))]);
      expect(right.heard).toEqual(left.heard);
      expect(other.heard).toEqual(['started', text(aacHeader)]);
    });

    it('is silent to a listener that closed, and to nobody else', async () => {
      const [leaving, staying] = [listen(), listen()];
      await publisher.start(SHOW);
      await send(aacHeader, audio(0));
      await publisher.settle();
      const { length } = leaving.heard;
      leaving.close();
      leaving.close();
      await send(audio(21));
      await publisher.stop(SHOW, 'idle');
      await publisher.end(SHOW, 'shutdown');
      await publisher.settle();
      expect(leaving.heard).toHaveLength(length);
      expect(staying.heard.slice(-3)).toEqual([text(audio(21)), 'stopped idle', 'ended shutdown']);
    });

    it('lets a listener close from within a call', async () => {
      const tags: string[] = [];
      const subscription = source.subscribe(SHOW, {
        publisherStarted: () => {},
        tag: (one) => {
          tags.push(text(one));
          subscription.close();
        },
        publisherStopped: (reason) => void tags.push(reason),
        showEnded: (reason) => void tags.push(reason),
      });
      const staying = listen();
      await publisher.start(SHOW);
      await send(aacHeader, audio(0));
      await publisher.stop(SHOW, 'closed');
      await publisher.settle();
      expect(tags).toEqual([text(aacHeader)]);
      expect(staying.heard).toEqual(['started', text(aacHeader), text(audio(0)), 'stopped closed']);
    });

    it('ends the show for a listener that throws, for nobody else, and not the next publisher', async () => {
      const failing = new Listener();
      const hear = failing.tag.bind(failing);
      failing.tag = (one) => {
        hear(one);
        if (one.timestamp === 7) throw new Error('This tag cannot be read.');
      };
      source.subscribe(SHOW, failing);
      const staying = listen();
      await publisher.start(SHOW);
      await send(aacHeader, audio(7), audio(30));
      await publisher.stop(SHOW, 'dropped');
      await publisher.start(SHOW);
      await send(aacHeader, audio(50));
      await publisher.settle();
      const again = ['started', text(aacHeader), text(audio(50))];
      expect(failing.heard).toEqual([
        ...['started', text(aacHeader), text(audio(7)), 'stopped reader-failed', 'ended reader-failed'],
        ...again,
      ]);
      expect(staying.heard).toEqual([
        ...['started', text(aacHeader), text(audio(7)), text(audio(30)), 'stopped dropped'],
        ...again,
      ]);
    });
  });
}
