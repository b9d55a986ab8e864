import type { StreamRef } from '@showrunner/service-kit';
import { CommandError } from './command-error.ts';

const DEFAULT = 'default/live';

/** `namespace/name`, or a name in the namespace `default`. */
export function parseStreamName(text: string = DEFAULT): StreamRef {
  const [first = '', second, ...rest] = text.split('/');
  const stream = second === undefined ? { namespace: 'default', name: first } : { namespace: first, name: second };
  if (!stream.namespace || !stream.name || rest.length > 0) {
    throw new CommandError(`"${text}" does not name a stream: write NAME or NAMESPACE/NAME, as in ${DEFAULT}.`);
  }
  return stream;
}
