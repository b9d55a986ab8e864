import { stringify } from 'yaml';
import { liveStreamCrd } from './live-stream-crd.ts';
import { liveStreamReference } from './reference.ts';

const NOTE = '# Made from crds/src/live-stream.ts by `npm run generate`; do not edit.\n';

/** Content of the committed files that are made from the schemas, by their path from the root of the repository. */
export function generatedFiles(): Record<string, string> {
  return {
    'crds/livestreams.showrunner.dev.yaml':
      NOTE + stringify(liveStreamCrd, { lineWidth: 0, aliasDuplicateObjects: false }),
    'docs/reference/live-stream.md': liveStreamReference(),
  };
}
