import { parseArgs } from 'node:util';
import { appliedToAccepted } from './figures/applied-to-accepted.ts';
import { coldStart } from './figures/cold-start.ts';
import { cpu } from './figures/cpu.ts';
import { edge } from './figures/edge.ts';
import { firstPicture } from './figures/first-picture.ts';
import { frontDoor } from './figures/front-door.ts';
import { glassToGlass } from './figures/glass-to-glass.ts';
import { ingestToPlayhead } from './figures/ingest-to-playhead.ts';
import { memory } from './figures/memory.ts';
import { operatorMemory } from './figures/operator-memory.ts';
import { operatorRestart } from './figures/operator-restart.ts';
import { operatorScale } from './figures/operator-scale.ts';
import { origin } from './figures/origin.ts';
import { publishToPlayable } from './figures/publish-to-playable.ts';
import { release } from './figures/release.ts';
import { showsPerNode } from './figures/shows-per-node.ts';
import { printRows, type Figure } from './report.ts';

const FIGURES: readonly Figure[] = [
  glassToGlass,
  firstPicture,
  publishToPlayable,
  cpu,
  frontDoor,
  memory,
  origin,
  release,
  edge,
  appliedToAccepted,
  coldStart,
  operatorScale,
  operatorRestart,
  operatorMemory,
  ingestToPlayhead,
  showsPerNode,
];

const USAGE = `npm run bench -- NAME [options]

${FIGURES.map(({ name, describes }) => `  ${name.padEnd(20)} ${describes}`).join('\n')}
  all                  each of them that needs no cluster, with its defaults
  cluster              each of the others

  --minutes N   length of glass-to-glass (10)
  --part MS     part duration (200)
  --rough       glass-to-glass behind a proxy that delays responses by 0 to 300 ms, later calm
  --streams N   cpu at N streams only (10, then 40)
  --seconds N   length of each measured stretch (60)
`;

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`--${name} is "${text}": it must be a number above 0`);
  return value;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    part: { type: 'string', default: '200' },
    rough: { type: 'boolean', default: false },
    streams: { type: 'string' },
    seconds: { type: 'string', default: '60' },
  },
});
const HOMES: Readonly<Record<string, Figure['home']>> = { all: 'laptop', cluster: 'cluster' };
const [wanted = ''] = positionals;
const chosen = FIGURES.filter(({ name, home }) => name === wanted || home === HOMES[wanted]);
if (chosen.length === 0) {
  console.log(USAGE);
  process.exitCode = positionals.length === 0 ? 0 : 1;
}
for (const figure of chosen) {
  const rows = await figure.run({
    minutes: positive('minutes', values.minutes),
    part: positive('part', values.part),
    rough: values.rough,
    streams: values.streams === undefined ? undefined : positive('streams', values.streams),
    seconds: positive('seconds', values.seconds),
  });
  printRows(rows);
}
