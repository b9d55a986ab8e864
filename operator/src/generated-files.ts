import { conditionsReference } from './decide/live-stream/conditions-reference.ts';

/** Content of the committed files that are made from this folder, by their path from the root of the repository. */
export function generatedFiles(): Record<string, string> {
  return { 'docs/reference/conditions.md': conditionsReference() };
}
