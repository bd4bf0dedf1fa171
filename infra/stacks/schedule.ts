import { CloudSchedulerJob } from '@cdktf/provider-google/lib/cloud-scheduler-job/index.js'
import type { App, TerraformStack } from 'cdktf'
import type { PipelineConfig } from '../../functions/config/config.ts'
import { toMilliseconds } from '../../functions/config/duration.ts'
import { firstLookOf, firstLookZones } from '../../functions/config/first-looks.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Deployment } from '../deployment.ts'
import { createStack, resourceId } from '../stack.ts'

/** Name of the job that fires the watch. */
export const WATCH_JOB = 'daybreak-watch'

/** Per pipeline one first look in each time zone that a location lies in, and a sweep for what is late; and the watch, each minute. */
export function scheduleStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'schedule', deployment)
  for (const pipeline of deployment.project.pipelines.values()) {
    for (const timeZone of timeZonesOf(pipeline, deployment)) {
      const [hour, minute] = firstLookOf(pipeline).split(':').map(Number)
      const name = resourceId('daybreak', pipeline.pipeline, 'first-look', timeZone).toLowerCase()
      tick(stack, { deployment, pipeline, name, timeZone, schedule: `${minute} ${hour} * * *`, message: { timeZone } })
    }
    const name = resourceId('daybreak', pipeline.pipeline, 'sweep')
    tick(stack, { deployment, pipeline, name, timeZone: 'Etc/UTC', schedule: sweepCron(pipeline), message: {} })
  }
  declareJob(stack, {
    deployment,
    ...{ name: WATCH_JOB, description: 'A minute of the watch.', schedule: '* * * * *', timeZone: 'Etc/UTC' },
    ...{ topic: deployment.topics.notify, message: { kind: 'notify' } },
  })
  return stack
}

/** Distinct zones in which a pipeline has a first look, sorted. */
export function timeZonesOf(pipeline: PipelineConfig, { project }: Deployment): readonly string[] {
  return firstLookZones(pipeline, project.locations.locations)
}

/** `*\/15 * * * *` of `15m`. @throws {DaybreakError} CONFIG_INVALID for what no crontab can say. */
export function sweepCron({
  pipeline,
  schedule,
}: Pick<PipelineConfig, 'pipeline'> & { readonly schedule: Pick<PipelineConfig['schedule'], 'sweepEvery'> }): string {
  const minutes = toMilliseconds(schedule.sweepEvery) / 60_000
  if (Number.isInteger(minutes) && minutes >= 1 && minutes < 60 && 60 % minutes === 0) return `*/${minutes} * * * *`
  if (Number.isInteger(minutes / 60) && 24 % (minutes / 60) === 0) return `0 */${minutes / 60} * * *`
  const message = `pipeline ${pipeline}: schedule.sweep_every is ${schedule.sweepEvery}; expected a divisor of an hour or a day`
  throw new DaybreakError('CONFIG_INVALID', message)
}

interface Tick {
  readonly deployment: Deployment
  readonly pipeline: PipelineConfig
  readonly name: string
  readonly timeZone: string
  readonly schedule: string
  /** Content of the message: a time zone asks for its first look, none for a sweep. */
  readonly message: { readonly timeZone?: string }
}

function tick(stack: TerraformStack, { deployment, pipeline, name, timeZone, schedule, message }: Tick): void {
  declareJob(stack, {
    ...{ deployment, name, schedule, timeZone, topic: deployment.topics.tick },
    description: `Looks for files of ${pipeline.pipeline} (${timeZone}).`,
    message: { kind: 'tick', pipeline: pipeline.pipeline, ...message },
  })
}

interface Job {
  readonly deployment: Deployment
  readonly name: string
  readonly description: string
  readonly schedule: string
  readonly timeZone: string
  readonly topic: string
  readonly message: { readonly kind: string; readonly pipeline?: string; readonly timeZone?: string }
}

function declareJob(stack: TerraformStack, { deployment, topic, message, ...rest }: Job): void {
  const { google, infra } = deployment
  new CloudSchedulerJob(stack, rest.name, {
    ...rest,
    region: google.region,
    paused: infra.paused,
    // No attempt deadline: Cloud Scheduler ignores it for topics, and every plan would show it.
    retryConfig: { retryCount: 5, minBackoffDuration: '5s', maxBackoffDuration: '60s' },
    pubsubTarget: {
      topicName: `projects/${google.project}/topics/${topic}`,
      data: Buffer.from(JSON.stringify(message)).toString('base64'),
      attributes: { kind: message.kind },
    },
  })
}
