/** One line of a figure's result. */
export interface FigureRow {
  readonly what: string;
  /** With its unit. */
  readonly ours: string;
  readonly peer?: string;
  /** Ours divided by the peer's. */
  readonly ratio?: number;
  readonly goal: string;
  readonly met: boolean;
}

/** What a figure is measured with, from the command line. */
export interface FigureOptions {
  /** Length of the long measurements. */
  readonly minutes: number;
  /** Milliseconds of a part. */
  readonly part: number;
  /** Delay responses at random. */
  readonly rough: boolean;
  /** How many streams at once, where a figure compares loads. */
  readonly streams: number | undefined;
  /** Seconds of each measured stretch. */
  readonly seconds: number;
}

export interface Figure {
  readonly name: string;
  readonly describes: string;
  /** `cluster`: needs the Kubernetes of tests/cluster, or its programs. */
  readonly home: 'laptop' | 'cluster';
  run(options: FigureOptions): Promise<FigureRow[]>;
}

/** The value below which a share (0 to 1) of all values lies, by the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function printRows(rows: readonly FigureRow[]): void {
  const cells = [
    ['figure', 'ours', 'peer', 'ratio', 'goal', 'met'],
    ...rows.map(({ what, ours, peer, ratio, goal, met }) => [
      what,
      ours,
      peer ?? '-',
      ratio === undefined ? '-' : `${ratio.toFixed(2)}x`,
      goal,
      met ? 'yes' : 'NO',
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

/** A sentence of progress. */
export function say(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}
