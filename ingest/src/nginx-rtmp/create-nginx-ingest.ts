import { ingestBehind, type Ingest, type IngestOptions } from '../ingest.ts';
import { NginxServer } from './nginx-server.ts';

/** As `createIngest`, with nginx-rtmp as the engine: nginx takes publishers in, all else is the same. */
export function createNginxIngest(options: IngestOptions): Ingest {
  return ingestBehind((context) => new NginxServer(context), options);
}
