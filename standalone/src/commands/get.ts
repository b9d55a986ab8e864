import type { LiveStream } from '@showrunner/crds';
import type { StreamRef } from '@showrunner/service-kit';
import { withDataFolder } from '../data-folder.ts';
import { isServerRunning, NOT_RUNNING } from '../server-lock.ts';
import { existingStream } from './existing-stream.ts';

const COLUMNS = ['NAMESPACE', 'NAME', 'READY', 'PHASE', 'SOURCE', 'LATENCY'];

/** A stream that nobody serves: what its status says of the moment was so when the server stopped, or was killed. */
export function asStopped(stream: LiveStream): LiveStream {
  const { status } = stream;
  const conditions = status.conditions?.map((condition) => {
    if (condition.type === 'Ready') return { ...condition, status: 'False' as const, message: NOT_RUNNING };
    if (condition.type !== 'Live' || condition.status !== 'True') return condition;
    return { ...condition, status: 'False' as const, message: 'The last show has ended.' };
  });
  return { ...stream, status: { ...status, phase: status.startedAt ? 'Ended' : 'Pending', conditions } };
}

function row(stream: LiveStream): string[] {
  const { metadata, spec, status } = stream;
  const source = status.source;
  const ready = status.conditions?.find((condition) => condition.type === 'Ready');
  return [
    metadata.namespace,
    metadata.name,
    ready?.status ?? '',
    status.phase ?? 'Pending',
    source?.resolution ?? source?.audio ?? '',
    spec.transcode.latency,
  ];
}

/** `showrunner get`: the LiveStreams as a table, or one of them with what there is to say of it. */
export async function get(dataFolder: string, only?: StreamRef): Promise<void> {
  const items = await withDataFolder(dataFolder, async ({ path, resources }) => {
    const streams = only ? [await existingStream(resources, only)] : (await resources.list('LiveStream')).items;
    if (isServerRunning(path)) return streams;
    console.error(NOT_RUNNING);
    return streams.map(asStopped);
  });
  const rows = [COLUMNS, ...items.map(row)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  for (const cells of rows) {
    console.log(
      cells
        .map((cell, column) => cell.padEnd(widths[column]! + 2))
        .join('')
        .trimEnd(),
    );
  }
  const told = only ? (items[0]?.status.conditions ?? []) : [];
  if (told.length > 0) console.log(`\n${told.map(({ type, message }) => `${type}: ${message}`).join('\n')}`);
}
