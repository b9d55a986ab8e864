import { describe, expect, it } from 'vitest';
import { KubeError } from './kube-error.ts';
import { refusedFields } from './refused-fields.ts';

/** As Kubernetes 1.36 answers. */
const refusal = (...causes: { field?: string; message: string }[]) =>
  new KubeError(422, { reason: 'Invalid', message: 'LiveStream "a" is invalid.', details: { causes } });
const NOT_CHECKED =
  'Invalid value: null: some validation rules were not checked because the object was invalid; correct …';

describe('refusedFields', () => {
  it('says each cause like our own sentences', () => {
    const error = refusal(
      { field: 'spec.visibility', message: 'Unsupported value: "x\\"y": supported values: "public", "unlisted"' },
      { field: 'spec.transcode.partDuration', message: 'Invalid value: must be at most a quarter of segmentDuration' },
      { field: '<nil>', message: 'Invalid value: metadata.name must be short' },
      { field: 'spec.count', message: 'Invalid value: 5: must be less than 4' },
      { field: '<nil>', message: NOT_CHECKED },
    );
    expect(refusedFields(error, false)).toEqual([
      'spec.visibility: "x\\"y" is not allowed: supported values: "public", "unlisted".',
      'spec.transcode.partDuration: must be at most a quarter of segmentDuration.',
      'metadata.name must be short.',
      'spec.count: 5: must be less than 4.',
    ]);
  });

  it('repeats nothing of a secret', () => {
    const object = JSON.stringify(JSON.stringify({ data: { streamKey: 'c2VjcmV0' } }));
    const error = refusal(
      { field: 'patch', message: `Invalid value: ${object}: illegal base64 data at input byte 0` },
      { field: 'type', message: 'Invalid value: "x/y": field is immutable' },
      { field: 'data', message: 'Invalid value: {"streamKey":"c2VjcmV0"}: no' },
      { message: 'Invalid value: c2VjcmV0' },
    );
    expect(refusedFields(error, true)).toEqual([
      'patch: this value (not shown) is not allowed: illegal base64 data at input byte 0.',
      'type: this value (not shown) is not allowed: field is immutable.',
      'data is not allowed.',
      'It is not allowed.',
    ]);
    expect(refusedFields(refusal(), true)).toEqual(['The Kubernetes API refused it.']);
  });

  it('falls back to the whole message', () => {
    expect(refusedFields(refusal(), false)).toEqual(['LiveStream "a" is invalid.']);
  });
});
