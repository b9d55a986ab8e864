import { streamId, type StreamRef } from '@showrunner/service-kit';
import { FIRST_SHOW } from '../first-show.ts';
import { CommandError } from './command-error.ts';

const DEFAULT = streamId(FIRST_SHOW);

/** `namespace/name`, or a name in the namespace `default`. */
export function parseStreamName(text: string = DEFAULT): StreamRef {
  const [first = '', second, ...rest] = text.split('/');
  const stream = second === undefined ? { namespace: 'default', name: first } : { namespace: first, name: second };
  if (!stream.namespace || !stream.name || rest.length > 0) {
    throw new CommandError(`"${text}" does not name a stream: write NAME or NAMESPACE/NAME, as in ${DEFAULT}.`);
  }
  return stream;
}
