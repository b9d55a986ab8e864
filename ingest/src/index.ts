export type { Admission, AdmissionPolicy, AdmissionResult, Grant } from './admission/admission.ts';
export { createStoreAdmission, type StoreAdmission } from './admission/store-admission.ts';
export { hashStreamKey } from './admission/stream-key.ts';
export { ingestConfigSchema, type IngestConfigInput } from './config.ts';
export type { Refusal, RefusalCode } from './errors.ts';
export type { AudioFacts, StreamFacts, VideoFacts } from './facts/stream-meter.ts';
export { createIngest, type Ingest, type IngestOptions } from './ingest.ts';
