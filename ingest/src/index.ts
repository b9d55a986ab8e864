export type { Admission, AdmissionPolicy, AdmissionResult, Grant } from './admission/admission.ts';
export { createStoreAdmission, type StoreAdmission } from './admission/store-admission.ts';
export {
  createTwoEngineIngest,
  type TwoEngineIngest,
  type TwoEngineIngestOptions,
} from './engines/two-engine-ingest.ts';
export { ingestConfigSchema, type IngestConfigInput } from './config.ts';
export type { Refusal, RefusalCode, RefusedClient } from './errors.ts';
export { createIngest, type Ingest, type IngestOptions } from './ingest.ts';
export { clientNetwork } from './rtmp/client-network.ts';
