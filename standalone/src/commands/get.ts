import type { LiveStream } from '@showrunner/crds';
import { streamId, type StreamRef } from '@showrunner/service-kit';
import { withDataFolder } from '../data-folder.ts';
import { CommandError } from './command-error.ts';

const COLUMNS = ['NAMESPACE', 'NAME', 'READY', 'PHASE', 'SOURCE', 'LATENCY'];

function row(stream: LiveStream): string[] {
  const { metadata, spec, status } = stream;
  const source = status?.source;
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
  return [
    metadata.namespace,
    metadata.name,
    ready?.status ?? 'Unknown',
    status?.phase ?? 'Pending',
    source?.width ? `${source.width}x${source.height}` : (source?.audio ?? ''),
    spec.transcode.latency,
  ];
}

/** `showrunner get`: the LiveStreams, or one of them, as a table. */
export async function get(dataFolder: string, only?: StreamRef): Promise<void> {
  const { items: all } = await withDataFolder(dataFolder, ({ resources }) => resources.list('LiveStream'));
  const items = only ? all.filter(({ metadata }) => streamId(metadata) === streamId(only)) : all;
  if (only && items.length === 0) throw new CommandError(`There is no LiveStream ${streamId(only)}.`);
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
}
