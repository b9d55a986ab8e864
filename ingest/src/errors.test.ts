import { expect, it } from 'vitest';
import { refusal, refusalSaid } from './errors.ts';

it('knows its own refusals by what they say', () => {
  const { status, sentence } = refusal('replaced');
  expect(refusalSaid(status, sentence)).toEqual(refusal('replaced'));
});

it('passes on what others say, as far as an encoder can show it', () => {
  const { code, status, sentence } = refusalSaid('NetStream.Publish.BadName', `Übel ${'x'.repeat(500)}`);
  expect([code, status]).toEqual(['refused-by-ingest', 'NetStream.Publish.Rejected']);
  expect(sentence).toMatch(/^\?bel x{295}$/);
  expect(refusalSaid('NetStream.Failed', '').sentence).toBe(refusal('refused-by-ingest').sentence);
  expect(refusalSaid('NetStream.Failed', 'Why').status).toBe('NetStream.Failed');
});
