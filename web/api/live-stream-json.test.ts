import { API_VERSION, liveStreamSchema } from '@showrunner/crds';
import { expect, it } from 'vitest';
import { LiveStreamJson } from './live-stream-json.ts';
import { liveStreamView } from './live-stream-view.ts';

const stream = (name: string, spec: object = {}) =>
  liveStreamSchema.parse({ apiVersion: API_VERSION, kind: 'LiveStream', metadata: { name }, spec });

it('writes the list once after each change', () => {
  let streams = [stream('one', { title: 'Ünïcode' }), stream('secret', { visibility: 'unlisted' }), stream('two')];
  let changed: () => void = () => undefined;
  const json = new LiveStreamJson({
    all: () => streams,
    onChange: (listener) => {
      changed = () => listener({ type: 'removed', before: streams[0]! });
      return { close: () => undefined };
    },
  });
  const list = json.list();
  expect(JSON.parse(list.toString())).toEqual({ items: [streams[0]!, streams[2]!].map(liveStreamView) });
  expect(json.list()).toBe(list);
  streams = streams.slice(1);
  changed();
  expect(JSON.parse(json.list().toString())).toEqual({ items: [liveStreamView(streams[1]!)] });
});
