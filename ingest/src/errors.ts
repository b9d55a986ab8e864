import type { StopReason, StreamRef } from '@showrunner/service-kit';

/**
 * Every way in which ingest turns a client away or ends a publisher: the RTMP status code it hears, the sentence that
 * OBS and ffmpeg show, and how the end looks to those who read the stream. librtmp (OBS) closes at once and logs the
 * sentence on NetStream.Publish.Denied, NetStream.Publish.Rejected, NetStream.Failed and
 * NetConnection.Connect.InvalidApp; other codes it reads past, so only these are used.
 */
const REFUSALS = {
  'wrong-app': {
    status: 'NetConnection.Connect.InvalidApp',
    sentence: 'There is no such application here: the Server must end in /live.',
    stop: 'refused',
  },
  'unknown-key': {
    status: 'NetStream.Publish.Denied',
    sentence: 'This stream key is not known: copy the key of your show again.',
    stop: 'refused',
  },
  disabled: {
    status: 'NetStream.Publish.Rejected',
    sentence: 'This show is switched off.',
    stop: 'disabled',
  },
  deleted: {
    status: 'NetStream.Publish.Rejected',
    sentence: 'This show has been deleted.',
    stop: 'disabled',
  },
  'key-withdrawn': {
    status: 'NetStream.Publish.Denied',
    sentence: 'This stream key was replaced by a new one and is no longer accepted.',
    stop: 'refused',
  },
  'other-engine': {
    status: 'NetStream.Publish.Rejected',
    sentence: 'This show takes its publisher at another address: copy the Server of your show again.',
    stop: 'refused',
  },
  'already-publishing': {
    status: 'NetStream.Publish.Rejected',
    sentence: 'Somebody is already live with this stream key, and this show does not let a second publisher take over.',
    stop: 'refused',
  },
  'too-many-publishers': {
    status: 'NetStream.Publish.Rejected',
    sentence: 'This server has as many publishers as it may have.',
    stop: 'refused',
  },
  replaced: {
    status: 'NetStream.Publish.Rejected',
    sentence: 'Another publisher of this show has taken over.',
    stop: 'replaced',
  },
  'admission-failed': {
    status: 'NetStream.Publish.Rejected',
    sentence: 'The stream key cannot be checked at the moment: try again in a few seconds.',
    stop: 'refused',
  },
  'not-ready': {
    status: 'NetStream.Publish.Rejected',
    sentence: 'This show is still being started: try again in a few seconds.',
    stop: 'refused',
  },
  unreachable: {
    status: 'NetStream.Publish.Rejected',
    sentence: 'The ingest of this show cannot be reached at the moment: try again in a few seconds.',
    stop: 'refused',
  },
  'refused-by-ingest': {
    status: 'NetStream.Publish.Rejected',
    sentence: 'The ingest of this show refused the stream.',
    stop: 'refused',
  },
  'unsupported-video': {
    status: 'NetStream.Publish.Rejected',
    sentence: 'Only H.264 video is taken: choose an H.264 encoder (x264, NVENC H.264, ...) in the output settings.',
    stop: 'refused',
  },
  'unsupported-audio': {
    status: 'NetStream.Publish.Rejected',
    sentence: 'Only AAC audio (LC or HE) is taken: choose AAC as the audio encoder in the output settings.',
    stop: 'refused',
  },
  'unsupported-channels': {
    status: 'NetStream.Publish.Rejected',
    sentence:
      'The channel layout of this sound cannot be played: set Channels to Stereo (or Mono, 4.0, 5.1, 7.1) in the audio settings.',
    stop: 'refused',
  },
  'unsupported-sample-rate': {
    status: 'NetStream.Publish.Rejected',
    sentence: 'AAC has no such sample rate (7350 to 96000 Hz): set Sample Rate to 48 kHz in the audio settings.',
    stop: 'refused',
  },
  'play-refused': {
    status: 'NetStream.Play.Failed',
    sentence: 'This server takes streams in; it is watched over HTTP, not over RTMP.',
    stop: 'refused',
  },
  idle: {
    status: 'NetStream.Failed',
    sentence: 'No audio or video has arrived for too long.',
    stop: 'idle',
  },
  'handshake-timeout': {
    status: 'NetStream.Failed',
    sentence: 'The connection took too long to begin publishing.',
    stop: 'refused',
  },
  displaced: {
    status: 'NetStream.Failed',
    sentence: 'Too many begin to publish at the same time, and this connection has taken the longest: try again.',
    stop: 'refused',
  },
  shutdown: {
    status: 'NetStream.Failed',
    sentence: 'The server is shutting down.',
    stop: 'shutdown',
  },
  'not-rtmp': {
    status: 'NetStream.Failed',
    sentence: 'The first byte is not 3: this is not plain RTMP.',
    stop: 'refused',
  },
  'bad-chunk': {
    status: 'NetStream.Failed',
    sentence: 'The chunk stream breaks a rule of RTMP.',
    stop: 'dropped',
  },
  'bad-message': {
    status: 'NetStream.Failed',
    sentence: 'A message breaks a rule of RTMP.',
    stop: 'dropped',
  },
  'message-too-long': {
    status: 'NetStream.Failed',
    sentence: 'A message is longer than is taken here.',
    stop: 'dropped',
  },
  gone: {
    status: 'NetStream.Failed',
    sentence: 'The publisher hung up before it was let in.',
    stop: 'dropped',
  },
  'answers-unread': {
    status: 'NetStream.Failed',
    sentence: 'The client does not read our answers.',
    stop: 'dropped',
  },
} as const satisfies Record<string, { status: string; sentence: string; stop: StopReason }>;

const NOT_PRINTABLE_ASCII = /[^ -~]/g;
const MAX_SAID_CHARACTERS = 300;

export type RefusalCode = keyof typeof REFUSALS;

/** Why a client is turned away. */
export interface Refusal {
  readonly code: RefusalCode;
  /** RTMP status code, such as NetStream.Publish.Denied. */
  readonly status: string;
  /** ASCII (the AMF encoder counts characters, not bytes), and never a word that the client sent. */
  readonly sentence: string;
  readonly stop: StopReason;
}

/** Who was turned away, for the people who run the server. */
export interface RefusedClient {
  /** Empty where it had hung up before it could be asked. */
  readonly address: string;
  /** Of a publisher that had been let in. */
  readonly stream: StreamRef | undefined;
  readonly refusal: Refusal;
}

/** `detail` replaces the table's sentence by one that names the value and the rule. */
export function refusal(code: RefusalCode, detail?: string): Refusal {
  const { status, sentence, stop } = REFUSALS[code];
  return { code, status, sentence: detail ?? sentence, stop };
}

/** A refusal that came over the wire, by what it says; where it is none of ours, as much of it as may be passed on. */
export function refusalSaid(status: string, sentence: string): Refusal {
  const entries = Object.entries(REFUSALS) as [RefusalCode, (typeof REFUSALS)[RefusalCode]][];
  const ours = entries.find(([, refused]) => refused.sentence === sentence && refused.status === status);
  if (ours) return refusal(ours[0]);
  const known = entries.some(([, refused]) => refused.status === status);
  const said = sentence.replaceAll(NOT_PRINTABLE_ASCII, '?').slice(0, MAX_SAID_CHARACTERS);
  const passed = refusal('refused-by-ingest', said || undefined);
  return known ? { ...passed, status } : passed;
}
