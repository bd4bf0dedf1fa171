import { ours } from './alerts.ts'
import { METRICS, type MetricWord } from './metrics.ts'

const TILES: readonly { readonly metric: MetricWord; readonly by: string }[] = [
  { metric: 'runs', by: 'state' },
  { metric: 'loads', by: 'stream' },
  { metric: 'looks', by: 'location' },
  { metric: 'looks_complete', by: 'location' },
  { metric: 'missing', by: 'location' },
  { metric: 'quarantined', by: 'location' },
  { metric: 'problems', by: 'code' },
  { metric: 'rows_rejected', by: 'pipeline' },
  { metric: 'load_time', by: 'pipeline' },
  { metric: 'runs_succeeded', by: 'pipeline' },
]

/** The dashboard as Cloud Monitoring reads it: one chart per metric, two in a row. */
export function dashboardJson(environment: string): string {
  const tiles = TILES.map(({ metric, by }, at) => ({
    ...{ xPos: (at % 2) * 24, yPos: Math.floor(at / 2) * 16, width: 24, height: 16 },
    widget: { title: METRICS[metric].description, xyChart: { dataSets: [chart(metric, by)] } },
  }))
  return JSON.stringify({ displayName: `Daybreak ${environment}`, mosaicLayout: { columns: 48, tiles } })
}

function chart(metric: MetricWord, by: string) {
  const isDistribution = 'value' in METRICS[metric]
  const aggregation = {
    alignmentPeriod: '900s',
    perSeriesAligner: isDistribution ? 'ALIGN_PERCENTILE_99' : 'ALIGN_DELTA',
    crossSeriesReducer: isDistribution ? 'REDUCE_MAX' : 'REDUCE_SUM',
    groupByFields: [`metric.label.${by}`],
  }
  return {
    plotType: 'STACKED_BAR',
    timeSeriesQuery: { timeSeriesFilter: { filter: ours(metric), aggregation }, unitOverride: METRICS[metric].unit },
  }
}
