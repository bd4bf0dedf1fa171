import { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric/index.js'
import type { App, TerraformStack } from 'cdktf'
import type { Deployment } from '../deployment.ts'
import { type LogMetric, METRICS } from '../observability/metrics.ts'
import { createStack, resourceId } from '../stack.ts'

const BUCKETS = { exponentialBuckets: { numFiniteBuckets: 40, growthFactor: 2, scale: 1 } }

/**
 * Log-based metrics, in a stack of their own: Cloud Monitoring knows a new metric only after up to ten minutes, and refuses
 * alerts and objectives on it until then. The first deployment applies this stack long before `observability`.
 */
export function metricsStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'metrics', deployment)
  for (const metric of Object.values<LogMetric>(METRICS)) declareMetric(stack, metric)
  return stack
}

function declareMetric(
  stack: TerraformStack,
  { name, description, filter, value, unit, labels }: LogMetric,
): LoggingMetric {
  return new LoggingMetric(stack, resourceId('metric', name), {
    name,
    description,
    filter,
    ...(value !== undefined && { valueExtractor: value, bucketOptions: BUCKETS }),
    labelExtractors: { ...labels },
    metricDescriptor: {
      metricKind: 'DELTA',
      valueType: value === undefined ? 'INT64' : 'DISTRIBUTION',
      unit,
      labels: Object.keys(labels).map((key) => ({ key, valueType: 'STRING' })),
    },
  })
}
