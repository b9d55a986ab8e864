import type { DecidedEvent } from '@showrunner/operator/decide';
import { streamId, type StreamRef } from '@showrunner/service-kit';

/** A line of the terminal that says what happens to a stream: `20:15:00 default/live: The show is on air.` */
export function eventLine(stream: StreamRef, { message }: DecidedEvent, now: Date): string {
  return `${now.toTimeString().slice(0, 8)} ${streamId(stream)}: ${message}\n`;
}
