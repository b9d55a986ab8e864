import { liveStreamSchema, type LiveStream, type LiveStreamStatus } from '@showrunner/crds';
import type { IngestState, TranscoderState } from '@showrunner/service-kit';
import type { KubeObject } from '@showrunner/service-kit/kube';
import type { Decision, Manifest } from '../../decision.ts';
import { TEMPLATE } from '../../objects/labels.ts';
import {
  observeDeployment,
  observeObject,
  observePod,
  observeSecret,
  type DeploymentObject,
  type PodObject,
  type SecretObject,
} from '../../objects/observe-object.ts';
import type { OperatorSettings } from '../../settings.ts';
import { CONFIG_ENTRIES, transcodeIn } from '../config-secret.ts';
import { decideLiveStream } from '../decide-live-stream.ts';
import { followShow } from '../follow-show.ts';
import { manifestsOf } from '../manifests.ts';
import type { Turn } from '../../objects/quota-line.ts';
import { COMPONENTS, configName } from '../object-names.ts';
import type { FollowedShow, ObservedLiveStream, PodAnswers, Refusal } from '../observed-live-stream.ts';
import { keyIn, keySecretOf } from '../stream-key.ts';

export const SETTINGS: OperatorSettings = {
  urls: { http: 'https://live.example.com', rtmp: 'rtmp://live.example.com:1935/live' },
  images: { ingest: 'example.com/ingest:1', transcoder: 'example.com/transcoder:1' },
  imagePullPolicy: 'IfNotPresent',
  imagePullSecrets: [],
  maxLadder: '1080p',
  clusterDomain: 'cluster.local',
  logLevel: 'info',
  drainMs: 30_000,
};

export const START = Date.parse('2026-01-02T03:04:05.000Z');

export function liveStream(spec: object = {}, status?: LiveStreamStatus, metadata: object = {}): LiveStream {
  return liveStreamSchema.parse({
    apiVersion: 'showrunner.dev/v1alpha1',
    kind: 'LiveStream',
    metadata: { name: 'live', namespace: 'team', uid: 'stream-uid', generation: 1, ...metadata },
    spec,
    ...(status ? { status } : {}),
  });
}

const COMPONENT = 'app.kubernetes.io/component';
type Component = (typeof COMPONENTS)[number];

/**
 * What a cluster does with decisions, in memory: objects are kept whole and observed with the real functions. Pods are ready as soon
 * as their Deployment is there, unless `podsStart` is false.
 */
export class World {
  stream: LiveStream;
  settings = SETTINGS;
  now = START;
  podsStart = true;
  /** What pods answer; `undefined`: nothing. */
  ingest: IngestState | undefined = { state: 'off' };
  transcoder: TranscoderState | undefined = { show: 'none' };
  followed: FollowedShow | undefined;
  followedAt: number | undefined;
  knockedAt: number | undefined;
  refusals: Refusal[] = [];
  turn: Turn = 'open';
  lackingSince: number | undefined;
  usedBy: string | undefined;
  namespaceTerminating = false;
  objects = new Map<string, Manifest>();
  events: string[] = [];
  #uids = 0;

  constructor(spec: object = {}, status?: LiveStreamStatus) {
    this.stream = liveStream(spec, status);
  }

  copy(): World {
    const copy = Object.assign(new World(), this, { objects: new Map(this.objects), events: [...this.events] });
    copy.#uids = this.#uids;
    return copy;
  }

  get pods(): (PodObject & Manifest)[] {
    return [...this.objects.values()].filter(({ kind }) => kind === 'Pod');
  }

  get names(): string[] {
    return [...this.objects.keys()].sort();
  }

  edit(spec: object): void {
    const generation = (this.stream.metadata.generation ?? 0) + 1;
    this.stream = liveStream(spec, this.stream.status, { generation });
  }

  put(object: Manifest): Manifest {
    const whole = {
      ...object,
      metadata: { uid: `uid-${++this.#uids}`, creationTimestamp: new Date(this.now).toISOString(), ...object.metadata },
    };
    this.objects.set(`${object.kind} ${object.metadata.name}`, whole);
    return whole;
  }

  object<T extends KubeObject>(kind: string, name: string): T | undefined {
    return this.objects.get(`${kind} ${name}`) as T | undefined;
  }

  answers(): PodAnswers {
    const of = <S>(component: Component, state: S) =>
      this.pods
        .filter(({ metadata }) => metadata.labels?.[COMPONENT] === component)
        .map((pod) => ({ pod: pod.metadata.uid ?? '', ready: observePod(pod).ready, state }));
    return { ingest: of('ingest', this.ingest), transcoder: of('transcoder', this.transcoder) };
  }

  /** The pods are asked. */
  poll(): void {
    this.followed = followShow(this.followed, this.stream, this.answers(), this.now);
    this.followedAt = this.now;
  }

  observe(): ObservedLiveStream {
    const { name } = this.stream.metadata;
    const desired = manifestsOf(this.stream, this.settings);
    const observed = (kind: string, component: Component) => {
      const object = this.object(kind, `${name}-${component}`);
      const wanted = desired.find((one) => one.kind === kind && one.metadata.name === `${name}-${component}`);
      return object && (kind === 'Deployment' ? observeDeployment(object, wanted) : observeObject(object, wanted));
    };
    const each = <T>(of: (component: Component) => T) => ({ ingest: of('ingest'), transcoder: of('transcoder') });
    const config = this.object<SecretObject>('Secret', configName(name));
    const key = keySecretOf(this.stream);
    const keySecret = this.object<SecretObject>('Secret', key.name);
    return {
      key: {
        secretExists: keySecret !== undefined,
        key: keyIn(keySecret as never, key.entry),
        usedBy: this.usedBy,
      },
      children: {
        keySecret: keySecret && !key.named ? observeObject(keySecret, undefined) : undefined,
        config: config && {
          ...observeSecret(config),
          flvToken: keyIn(config as never, CONFIG_ENTRIES.flvToken),
          transcode: transcodeIn(keyIn(config as never, CONFIG_ENTRIES.stream)),
        },
        deployments: each((component) => observed('Deployment', component)),
        services: each((component) => observed('Service', component)),
        disruptionBudgets: each((component) => observed('PodDisruptionBudget', component)),
        pods: each((component) =>
          this.pods.filter(({ metadata }) => metadata.labels?.[COMPONENT] === component).map(observePod),
        ),
      },
      namespaceTerminating: this.namespaceTerminating,
      followed: this.followed,
      followedAt: this.followedAt,
      knockedAt: this.knockedAt,
      refusals: this.refusals,
      turn: this.turn,
      lackingSince: this.lackingSince,
      fresh: { streamKey: `fresh-stream-key-${this.#uids}`, flvToken: `fresh-token-${this.#uids}` },
    };
  }

  decide(): Decision<LiveStreamStatus> {
    return decideLiveStream(this.stream, this.observe(), this.settings, this.now);
  }

  /** Decides once and carries it out. */
  step(): Decision<LiveStreamStatus> {
    const decision = this.decide();
    this.carryOut(decision);
    return decision;
  }

  /** Polls, decides and carries out until nothing is left to do. */
  settle(): void {
    for (let turn = 0; turn < 10; turn++) {
      this.poll();
      if (isEmpty(this.step())) return;
    }
    throw new Error('The decisions never come to an end.');
  }

  carryOut(decision: Decision<LiveStreamStatus>): void {
    for (const object of decision.create) {
      if (this.objects.has(`${object.kind} ${object.metadata.name}`)) throw new Error(`${object.metadata.name} exists`);
      const { stringData = {}, ...rest } = object as Manifest & { stringData?: Record<string, string> };
      const texts = Object.entries(stringData).map(([entry, text]) => [entry, Buffer.from(text).toString('base64')]);
      this.put({ data: Object.fromEntries(texts) as unknown, ...rest });
    }
    for (const { manifest, uid } of decision.apply) {
      const existing = this.object('' + manifest.kind, manifest.metadata.name);
      if (existing?.metadata.uid !== uid) throw new Error(`${manifest.metadata.name} is another object`);
      const { uid: _, creationTimestamp = undefined } = existing?.metadata ?? {};
      const kept = existing && { uid, creationTimestamp };
      const managedFields = [{ time: new Date(this.now).toISOString() }];
      this.put({ ...manifest, metadata: { ...kept, managedFields, ...manifest.metadata } as Manifest['metadata'] });
    }
    for (const { resource, name, uid } of decision.delete) {
      if (this.object(resource.kind, name)?.metadata.uid !== uid) throw new Error(`${name} is another object`);
      this.objects.delete(`${resource.kind} ${name}`);
    }
    for (const { name, annotations } of decision.podAnnotations) {
      const pod = this.objects.get(`Pod ${name}`)!;
      const merged = Object.entries({ ...pod.metadata.annotations, ...annotations }).filter(
        ([, value]) => value !== null,
      );
      this.put({ ...pod, metadata: { ...pod.metadata, annotations: Object.fromEntries(merged) as never } });
    }
    if (decision.status) this.stream = { ...this.stream, status: JSON.parse(JSON.stringify(decision.status)) as never };
    this.events.push(...[...decision.writeEvents, ...decision.events].map(({ reason }) => reason));
    if (this.podsStart) this.runPods();
  }

  /** What the Deployment controller and the kubelet do. */
  runPods(): void {
    for (const component of COMPONENTS) {
      const name = `${this.stream.metadata.name}-${component}`;
      const deployment = this.object<DeploymentObject & { spec: { template: { metadata: Manifest['metadata'] } } }>(
        'Deployment',
        name,
      );
      const template = deployment?.metadata.annotations?.[TEMPLATE];
      const pod = this.pods.find(({ metadata }) => metadata.labels?.[COMPONENT] === component);
      if (pod && pod.metadata.annotations?.[TEMPLATE] !== template) this.objects.delete(`Pod ${pod.metadata.name}`);
      if (!deployment || (pod && pod.metadata.annotations?.[TEMPLATE] === template)) continue;
      const { labels, annotations } = deployment.spec.template.metadata;
      this.put({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: `${name}-${this.#uids}`,
          namespace: 'team',
          ...(labels ? { labels } : {}),
          ...(annotations ? { annotations } : {}),
        },
        spec: { nodeName: 'node1' },
        status: { phase: 'Running', podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] },
      });
    }
  }
}

export function isEmpty({
  create,
  apply,
  podAnnotations,
  status,
  events,
  ...rest
}: Decision<LiveStreamStatus>): boolean {
  return [create, apply, rest.delete, podAnnotations, events].every((list) => list.length === 0) && !status;
}
