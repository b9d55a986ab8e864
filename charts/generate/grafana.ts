/** A time series of a dashboard. */
export interface Panel {
  readonly title: string;
  /** One sentence: what a person learns from it. */
  readonly description: string;
  /** Grafana's name of the unit. */
  readonly unit: 'short' | 's' | 'bps' | 'percentunit' | 'bytes' | 'reqps';
  /** PromQL by the legend of its series. */
  readonly queries: Readonly<Record<string, string>>;
}

/** A value that the viewer of a dashboard chooses; `$name` in queries. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  /** PromQL of `label_values(METRIC, LABEL)`. */
  readonly query: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly variables: readonly Variable[];
  readonly panels: readonly Panel[];
}

const COLUMNS = 2;
const GRID_WIDTH = 24;
const PANEL_HEIGHT = 8;
/** Of Grafana 11. */
const SCHEMA_VERSION = 39;
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** The JSON model of a dashboard, as Grafana 11 and later import it. */
export function grafanaJson({ uid, title, variables, panels }: Dashboard): string {
  const datasource = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };
  const chosen = variables.map(({ name, label, query }) => ({
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: name },
    refresh: 2,
    includeAll: true,
    multi: true,
    current: { text: 'All', value: '$__all' },
  }));
  const model = {
    uid,
    title,
    tags: ['showrunner'],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [datasource, ...chosen] },
    panels: panels.map(panelJson),
  };
  return `${JSON.stringify(model, null, 2)}\n`;
}

function panelJson({ title, description, unit, queries }: Panel, index: number) {
  const width = GRID_WIDTH / COLUMNS;
  return {
    id: index + 1,
    type: 'timeseries',
    title,
    description,
    datasource: DATASOURCE,
    gridPos: {
      x: (index % COLUMNS) * width,
      y: Math.floor(index / COLUMNS) * PANEL_HEIGHT,
      w: width,
      h: PANEL_HEIGHT,
    },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: Object.entries(queries).map(([legendFormat, expr], query) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + query),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}
