import { PHASES, type Phase } from '@showrunner/crds';
import { CONDITIONS, EVENTS } from './reasons.ts';

const PHASE_MEANINGS: Readonly<Record<Phase, string>> = {
  Pending: 'Pods are starting or cannot start yet, as Ready says; or `spec.enabled` is false, as Disabled says.',
  Ready: 'A publisher is welcome; there has been no show yet.',
  Live: 'The show is on air.',
  Reconnecting: 'The publisher left; the show waits for `spec.ingest.reconnectGrace`.',
  Ended: 'The last show has ended; Ready says whether another may begin.',
  Failed: 'It cannot work until somebody changes something: the condition Stalled says what.',
};

/** Markdown of `docs/reference/conditions.md`: phases, conditions with their reasons, and Events. */
export function conditionsReference(): string {
  const conditions = Object.entries(CONDITIONS).map(
    ([type, { about, when, reasons }]) =>
      `### ${type}\n\n${about} Present: ${when}.\n\n${table(['Reason', 'Meaning'], Object.entries(reasons))}\n`,
  );
  return `# Conditions and Events of a LiveStream

This page is made from operator/src/decide/live-stream/reasons.ts by \`npm run generate\`. Conditions follow kstatus: \`kubectl wait
--for=condition=Ready livestream/NAME\` waits until a publisher is welcome. The message of a condition says in words what its reason
says in one; programs should go by the reason. Keys and their hashes stand in neither conditions nor Events.

## Phases

${table(
  ['Phase', 'Meaning'],
  PHASES.map((phase) => [phase, PHASE_MEANINGS[phase]]),
)}

## Conditions

${conditions.join('\n')}
## Events

${table(['Reason', 'Meaning'], Object.entries(EVENTS))}
`;
}

/** A table laid out as the formatter would. */
function table(head: [string, string], body: [string, string][]): string {
  const rows = [head, ...body.map(([name, meaning]): [string, string] => [`\`${name}\``, meaning])];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...others] = rows;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join('\n');
}
