import { NAMESPACE_TERMINATING } from '@showrunner/crds';

/** Why a pod does not become ready by waiting. */
const TROUBLES = {
  QuotaExceeded: 'The namespace has no room for the pod, or its limits forbid it.',
  PodRefused: 'Kubernetes refuses to make the pod.',
  Unschedulable: 'No node takes the pod.',
  ImageUnavailable: 'The image of the pod cannot be pulled.',
  PodCrashing: 'The pod has ended and is started again.',
  OutOfMemory: 'The pod needed more memory than its limit and is started again.',
  PodBlocked: 'The pod cannot start for another reason, which the message gives.',
} as const;

/** Of ingest and transcoder alike. */
const COMPONENT_REASONS = {
  PodReady: 'The pod is ready.',
  PodStarting: 'The pod is being made or starts.',
  OnDemand: 'No pod runs: the stream is cold, or its show has ended. Pods start when a publisher comes.',
  Disabled: 'No pod runs, because `spec.enabled` is false.',
  NotStarted: 'No pod runs, because something is wrong with the stream, or there is no room for it; Ready says what.',
  ...TROUBLES,
} as const;

/** What is wrong with a resource; nothing changes until somebody changes something. */
const PROBLEMS = {
  [NAMESPACE_TERMINATING]: 'The namespace is being deleted: the publisher is let go, and nobody is let in any more.',
  SecretMissing: 'The Secret that `spec.ingest.keySecretRef` names does not exist.',
  KeyMissing: 'The Secret has no entry with a stream key in it.',
  KeyTooWeak: 'The stream key is too short, or too easy to guess.',
  KeyUnusable: 'Not every publisher could send this stream key.',
  KeyInUse: 'Another LiveStream had the same stream key first, or accepts it until its `keyRotationGrace` is over.',
  LadderAboveLimit: 'The ladder is taller than the platform allows.',
  AffinityTooLong:
    'The affinity in `spec.ingest.pod` or `spec.transcode.pod` is longer than the operator keeps (16384 characters as JSON).',
  NameTaken: "An object that is not the stream's has the name of one that it needs.",
  ObjectRefused:
    'Kubernetes refused an object of the stream, mostly because of `spec.ingest.pod` or `spec.transcode.pod`.',
} as const;

/**
 * Every condition of a LiveStream with its reasons: what docs/reference/conditions.md is made from. `when`: which are
 * always there, and which only while they are true.
 */
export const CONDITIONS = {
  Ready: {
    about: 'A publisher is welcome. With pods: they are ready. Without: they start when one comes.',
    when: 'unless Disabled',
    reasons: {
      PublisherWelcome: 'OBS can connect.',
      StartsOnDemand: 'OBS can connect; pods start then.',
      Starting: 'Pods are starting, or on the laptop the engine is.',
      Replacing: 'What is left of a deleted LiveStream of the same name is being removed first.',
      EngineUnavailable: 'On the laptop: the engine of the spec does not start; the message says why.',
      ...PROBLEMS,
      ...TROUBLES,
    },
  },
  Disabled: {
    about:
      'The stream rests, as it was asked to. It has no Ready then, which tools that wait for it would wait for in vain.',
    when: 'only while true',
    reasons: { AsAsked: '`spec.enabled` is false.' },
  },
  IngestReady: {
    about: 'The pod that takes the publisher is ready.',
    when: 'on a cluster',
    reasons: COMPONENT_REASONS,
  },
  TranscoderReady: {
    about: 'The pod that encodes and packages is ready.',
    when: 'on a cluster',
    reasons: COMPONENT_REASONS,
  },
  Live: {
    about: 'A show is on air.',
    when: 'always',
    reasons: {
      OnAir: 'The publisher sends.',
      PublisherDropped: 'The publisher left and may come back within `spec.ingest.reconnectGrace`.',
      PublisherReplaced: 'On the laptop: another publisher has taken over and is about to send.',
      ShowEnded: 'The last show has ended.',
      NoPublisher: 'There has been no show yet.',
    },
  },
  FirstSegmentReady: {
    about: 'Players can fetch media of the show; the message says after how many seconds.',
    when: 'from the first media of a show on',
    reasons: { MediaReady: 'Media can be played.', ShowEnded: 'The last show has ended.' },
  },
  KeyframeIntervalTooLong: {
    about: 'Viewers wait long for their first picture.',
    when: 'only while true of the present show, or of the last',
    reasons: { JoiningIsSlow: 'Keyframes come more than 4 s apart.' },
  },
  BFramesDetected: {
    about: 'The source adds latency.',
    when: 'only while true of the present show, or of the last',
    reasons: { LatencyAdded: 'The source has B-frames.' },
  },
  RenditionsMissing: {
    about: 'The renditions beside the source are not there.',
    when: 'only while true of the present show, or of the last',
    reasons: { EncoderFailing: 'ffmpeg cannot be run, or fails again and again.' },
  },
  QuotaExceeded: {
    about: 'A ResourceQuota or LimitRange of the namespace keeps pods away; the message gives the numbers.',
    when: 'only while true',
    reasons: {
      NoRoomInQuota:
        'The ResourceQuota is used up. The stream holds no pods, and has its turn when there is more room.',
      QuotaNeedsValues: 'The ResourceQuota demands requests or limits that the pod does not state.',
      AgainstLimitRange: "The pod's requests or limits are outside of the LimitRange.",
    },
  },
  UpdatePending: {
    about: 'Newer pods wait for the end of the show; in place of one that cannot run a newer one comes at once.',
    when: 'only while true',
    reasons: {
      ShowRunning: 'The show is not interrupted for an update, and its viewers still get its last seconds.',
      StateUnknown: 'A show may be running.',
    },
  },
  Degraded: {
    about: 'Something that should run does not.',
    when: 'only while true',
    reasons: {
      PodStarting: 'A pod of a running show is being replaced.',
      ...TROUBLES,
      StateUnknown: 'Pods that should answer the operator do not. Nothing of theirs is stopped.',
      ObjectRefused:
        'Kubernetes refuses, mostly by a policy, to let pods be annotated or objects be deleted. Shows go on; what is missing is the mark against eviction, or room is not given back.',
    },
  },
  EngineLimits: {
    about: 'The engine of the spec does less than ours.',
    when: 'while true',
    reasons: { NotWithNginx: 'nginx-rtmp hangs up on publishers without telling them why.' },
  },
  Reconciling: {
    about: 'kstatus: it is being worked on.',
    when: 'only while true',
    reasons: { InProgress: 'Ready says what is waited for.' },
  },
  Stalled: {
    about: 'kstatus: it cannot go on until somebody changes something.',
    when: 'only while true',
    reasons: PROBLEMS,
  },
} as const;

export type ConditionType = keyof typeof CONDITIONS;
export type ProblemReason = keyof typeof PROBLEMS;
/** How the pod of a component is, where it should have one. */
export type PodReason = 'PodReady' | 'PodStarting' | keyof typeof TROUBLES;
export type ReasonOf<Type extends ConditionType> = keyof (typeof CONDITIONS)[Type]['reasons'];

/** Events of a LiveStream, in the order of a show's story. */
export const EVENTS = {
  StreamKeyMade: 'A stream key was made, because the spec names no Secret.',
  KeyRotated: 'The stream key changed; the former one is accepted for `spec.ingest.keyRotationGrace`.',
  PodsStarted: 'Pods were made.',
  Ready: 'A publisher is welcome.',
  Disabled: 'As the condition.',
  ShowStarted: 'The publisher sends.',
  FirstSegmentReady: 'Players can fetch media.',
  KeyframeIntervalTooLong: 'As the condition.',
  BFramesDetected: 'As the condition.',
  RenditionsMissing: 'As the condition.',
  PublisherDropped: 'The publisher is gone and may come back.',
  PublisherReplaced: 'On the laptop: another publisher has taken over.',
  PublisherReturned: 'The publisher is back, or the one that has taken over sends; the show goes on.',
  ShowEnded: 'The show is over; the message says how long it was.',
  PodsStopped: 'Pods were removed.',
  UpdatePending: 'As the condition.',
  UpdateApplied: 'Pods are replaced by newer ones.',
  QuotaExceeded: 'As the condition.',
  Degraded: 'As the condition.',
  Recovered: 'What should run does.',
  EngineLimits: 'As the condition.',
  Stalled: 'As the condition.',
} as const;
export type EventReason = keyof typeof EVENTS;
