import { streamId, type StreamRef } from '@showrunner/service-kit';

/** A line of the terminal that says what happens to a stream: `20:15:00 default/live: The show is on air.` */
export function eventLine(stream: StreamRef, sentence: string, now: Date): string {
  return terminalLine(`${streamId(stream)}: ${sentence}`, now);
}

/** A line of the terminal that says when. */
export function terminalLine(sentence: string, now: Date): string {
  return `${now.toTimeString().slice(0, 8)} ${sentence}\n`;
}
