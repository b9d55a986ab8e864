import type { LiveStream } from '@showrunner/crds';
import type { SecretObject } from '../../objects/observe-object.ts';
import { World } from './world.ts';

export const MINUTE = 60_000;
/** The `kinds` of a stream that has its pods. */
export const WARM = [
  'Deployment live-ingest',
  'Deployment live-transcoder',
  'Pod live-ingest',
  'Pod live-transcoder',
  'Secret live-live-stream',
  'Secret live-stream-key',
  'Service live-ingest',
  'Service live-transcoder',
];
export const kinds = (world: World) => world.names.map((name) => name.replace(/-[0-9]+$/, ''));

export const condition = (world: World, type: string) =>
  world.stream.status.conditions?.find((one) => one.type === type);

/** A warm stream whose pods are ready. */
export function warm(spec: object = {}): World {
  const world = new World(spec);
  world.settle();
  return world;
}

/** The stream as its pods know it. */
export function toldPods(world: World): LiveStream {
  const data = world.object<SecretObject>('Secret', 'live-live-stream')?.data?.['live-stream.json'] ?? '';
  return JSON.parse(Buffer.from(data, 'base64').toString()) as LiveStream;
}

export function goLive(world: World): void {
  world.ingest = { state: 'live', onAirSince: new Date(world.now).toISOString() };
  world.transcoder = { show: 'running', firstMediaSeconds: 0.25 };
  world.settle();
}

export function endShow(world: World): void {
  world.ingest = { state: 'off' };
  world.transcoder = { show: 'ended' };
  world.settle();
}
