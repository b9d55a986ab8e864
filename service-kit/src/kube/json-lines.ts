import { KubeAnswerTooLongError, KubeConnectionError } from './kube-error.ts';

const NEWLINE = 0x0a;

/**
 * The lines of a stream of bytes, without empty ones. Throws where a line is longer than `maxBytes`, and where the stream
 * ends inside of one.
 */
export async function* lines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const last = chunk.subarray(start, end);
      start = end + 1;
      const line = (parts.length === 0 ? last : Buffer.concat([...parts, last])).toString('utf8').trimEnd();
      parts = [];
      length = 0;
      if (line !== '') yield line;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > maxBytes) {
      throw new KubeAnswerTooLongError(`The Kubernetes API sent an event of more than ${maxBytes} bytes.`);
    }
  }
  if (length > 0) throw new KubeConnectionError('The Kubernetes API ended a watch in the middle of an event.');
}
