import type { LiveStream, LiveStreamStatus } from '@showrunner/crds';
import { KUBE } from '@showrunner/service-kit/kube';
import type { ResourceKind } from '../kind.ts';
import { decideLiveStream } from './decide-live-stream.ts';
import { manifestsOf } from './manifests.ts';
import { LIVE_STREAM } from './object-names.ts';
import type { ObservedLiveStream } from './observed-live-stream.ts';

export const liveStreamKind: ResourceKind<LiveStream, ObservedLiveStream, LiveStreamStatus> = {
  resource: KUBE.liveStreams,
  nameLabel: LIVE_STREAM,
  decide: decideLiveStream,
  manifests: manifestsOf,
};
