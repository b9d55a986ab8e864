import Rtmp from 'node-media-server/src/protocol/rtmp.js';
import { describe, expect, it } from 'vitest';
import { refusal } from '../errors.ts';
import { IngestDialogue, type DialogueResult } from './ingest-dialogue.ts';

const RECORD = Buffer.from('what the client has sent');
const CREATED = [{ transaction: 4, id: 1 }];
const GREETING = Buffer.concat([Buffer.of(3), Buffer.alloc(1536, 0x51), Buffer.alloc(1536, 0x52)]);

/** What an ingest says, as bytes. */
function said(speak: (ingest: Rtmp) => void): Buffer {
  const pieces: Buffer[] = [];
  const ingest = new Rtmp();
  ingest.onOutputCallback = (bytes) => void pieces.push(bytes);
  ingest.sendWindowACK(5_000_000);
  ingest.setChunkSize(ingest.outChunkSize);
  speak(ingest);
  return Buffer.concat(pieces);
}

const ACCEPTED = (ingest: Rtmp): void => {
  ingest.respondConnect(1);
  ingest.sendInvokeMessage(0, { cmd: '_result', transId: 2, cmdObj: null, info: undefined });
  ingest.respondCreateStream(4);
  ingest.sendStreamStatus(0, 1);
  ingest.sendStatusMessage(1, 'status', 'NetStream.Publish.Start', 'yes');
};

/** Whatever the ingest says, it reads our part of the handshake before it says more than its own. */
function converse(answers: Buffer, size = answers.length): { result: DialogueResult | undefined; sent: Buffer } {
  const sent: Buffer[] = [];
  const dialogue = new IngestDialogue(RECORD, CREATED, (bytes) => void sent.push(bytes));
  dialogue.begin();
  let result: DialogueResult | undefined;
  for (const turn of [answers.subarray(0, GREETING.length), answers.subarray(GREETING.length)]) {
    for (let at = 0; at < turn.length && !result; at += size) result = dialogue.read(turn.subarray(at, at + size));
  }
  return { result, sent: Buffer.concat(sent) };
}

describe('the dialogue with an ingest', () => {
  it('is a handshake, and then what the client has sent', () => {
    const { sent, result } = converse(GREETING);
    expect(result).toBe(undefined);
    expect(sent.length).toBe(1 + 1536 + 1536 + RECORD.length);
    expect(sent[0]).toBe(3);
    // The simple handshake: four bytes of zero behind the time.
    expect(sent.readUInt32BE(5)).toBe(0);
    expect(sent.subarray(1537, 3073).equals(GREETING.subarray(1, 1537))).toBe(true);
    expect(sent.subarray(3073).equals(RECORD)).toBe(true);
  });

  it.each([1, 3, 100, 1537, 100_000])('is over when the ingest has it publish, read in pieces of %i bytes', (size) => {
    const answers = Buffer.concat([GREETING, said(ACCEPTED)]);
    const { result } = converse(answers, size);
    expect(result).toEqual({ kind: 'started', rest: Buffer.alloc(0), chunkBytes: 65_535 });
  });

  it('gives back what came behind that, unread', () => {
    const behind = Buffer.from('anything at all');
    const { result } = converse(Buffer.concat([GREETING, said(ACCEPTED), behind]));
    expect(result).toMatchObject({ kind: 'started', rest: behind });
  });

  it('ends with what the ingest says against it', () => {
    const refused = (speak: (ingest: Rtmp) => void) => converse(Buffer.concat([GREETING, said(speak)])).result;
    const ours = refusal('already-publishing');
    expect(refused((ingest) => ingest.sendStatusMessage(1, 'error', ours.status, ours.sentence))).toEqual({
      kind: 'refused',
      refusal: ours,
    });
    // nginx-rtmp's own words, with a status that encoders read past.
    expect(
      refused((ingest) => ingest.sendStatusMessage(1, 'error', 'NetStream.Publish.BadName', 'Already publishing')),
    ).toEqual({
      kind: 'refused',
      refusal: { ...refusal('refused-by-ingest'), sentence: 'Already publishing' },
    });
    const info = { level: 'error', code: 'NetConnection.Connect.Rejected', description: 'No such application' };
    expect(
      refused((ingest) => ingest.sendInvokeMessage(0, { cmd: '_error', transId: 1, cmdObj: null, info })),
    ).toMatchObject({ kind: 'refused', refusal: { code: 'refused-by-ingest' } });
  });

  it('is given up where the ingest would have another message stream than the client', () => {
    const answers = said((ingest) => {
      ingest.respondConnect(1);
      ingest.respondCreateStream(3);
      ingest.respondCreateStream(4);
    });
    expect(converse(Buffer.concat([GREETING, answers])).result).toEqual({
      kind: 'broken',
      problem: 'The ingest created message stream 2 where the publisher was given 1.',
    });
  });

  it('is given up where the ingest says start before it can have heard of the stream', () => {
    const dialogue = new IngestDialogue(RECORD, CREATED, () => undefined);
    dialogue.begin();
    expect(dialogue.read(Buffer.concat([GREETING, said(ACCEPTED)]))).toEqual({
      kind: 'broken',
      problem: 'The ingest says start before it was told of the stream.',
    });
  });

  it('is given up where it is no RTMP, breaks a rule of it or has no end', () => {
    const problem = (bytes: Buffer) => converse(bytes, 4096).result;
    expect(problem(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))).toMatchObject({ kind: 'broken' });
    expect(problem(Buffer.concat([GREETING, Buffer.from('c3ffffff', 'hex')]))).toMatchObject({
      kind: 'broken',
      problem: expect.stringContaining('began chunk stream 3') as string,
    });
    const hum = Buffer.concat(
      Array.from({ length: 5_000 }, () => Buffer.from('02000000000004030000000000000000', 'hex')),
    );
    expect(problem(Buffer.concat([GREETING, hum]))).toEqual({
      kind: 'broken',
      problem: 'The ingest sent 65536 bytes and no answer.',
    });
  });
});
