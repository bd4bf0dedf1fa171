import { firstLookOf } from '../../functions/config/first-looks.ts'
import { sweepCron, timeZonesOf } from '../stacks/schedule.ts'
import { as, type Expectation, is, keys, type Settings } from './expect.ts'
import { type Resource, textAt, valueAt } from './resource.ts'
import { keyOf } from './settings-project.ts'

const DAY = 86_400

const retryPolicy: Expectation = as((_, { id }) =>
  id === 'rotation-hold' ? undefined : { maximum_backoff: '600s', minimum_backoff: '10s' },
)

/** Settings of the stacks messaging and schedule. */
export const MESSAGE_SETTINGS: Settings = {
  google_pubsub_topic: {
    message_retention_duration: as((_, topic) => `${(textAt(topic, 'name').endsWith('-dead-letter') ? 31 : 7) * DAY}s`),
    'message_storage_policy.allowed_persistence_regions': as(({ google }) => [google.region]),
    kms_key_name: as((deployment) => keyOf('messages', deployment)),
  },
  google_pubsub_subscription: {
    // An idle subscription is otherwise deleted after 31 days, and what is sent then is lost.
    expiration_policy: is({ ttl: '' }),
    ack_deadline_seconds: is(600),
    message_retention_duration: as(({ topics }, subscription) => {
      if (textAt(subscription, 'name') === `${topics.notify}-push`) return '3600s'
      return `${(/dead-letter|hold/.test(subscription.id) ? 31 : 7) * DAY}s`
    }),
    retry_policy: retryPolicy,
    'dead_letter_policy.max_delivery_attempts': as((_, { id }) => (/dead-letter|hold/.test(id) ? undefined : 10)),
  },
  google_storage_notification: {
    topic: as(({ google, topics }) => `projects/${google.project}/topics/${topics.file_arrival}`),
    event_types: is(['OBJECT_FINALIZE']),
    payload_format: is('JSON_API_V1'),
    depends_on: {
      words: 'after the permission of Cloud Storage to publish, and nothing else',
      holds: (value) =>
        /^\["google_pubsub_topic_iam_member\.grant-agent-gs-project-accounts-pubsub-publisher-[a-z-]+"\]$/.test(
          JSON.stringify(value ?? []),
        ),
    },
  },
  google_cloud_scheduler_job: {
    region: as(({ google }) => google.region),
    paused: as(({ infra }) => infra.paused),
    retry_config: is({ max_backoff_duration: '60s', min_backoff_duration: '5s', retry_count: 5 }),
    pubsub_target: keys(['attributes', 'data', 'topic_name']),
    'pubsub_target.topic_name': as(
      ({ google, topics }, job) => `projects/${google.project}/topics/${isWatch(job) ? topics.notify : topics.tick}`,
    ),
    'pubsub_target.attributes': as((_, job) => ({ kind: isWatch(job) ? 'notify' : 'tick' })),
    // The name says which one it is; the rest must say the same.
    schedule: as(({ project }, job) => {
      if (isWatch(job)) return '* * * * *'
      const pipeline = [...project.pipelines.values()].find((each) =>
        textAt(job, 'name').startsWith(`daybreak-${each.pipeline}-`),
      )
      if (!pipeline) return undefined
      const [hour, minute] = firstLookOf(pipeline).split(':').map(Number)
      return textAt(job, 'name').endsWith('-sweep') ? sweepCron(pipeline) : `${minute} ${hour} * * *`
    }),
    time_zone: {
      words: 'the zone of its name, which is that of a location',
      holds: (value, { resource, deployment }) => {
        const pipelines = [...deployment.project.pipelines.values()]
        const zones = ['Etc/UTC', ...pipelines.flatMap((pipeline) => timeZonesOf(pipeline, deployment))]
        if (isWatch(resource)) return value === 'Etc/UTC'
        const name = textAt(resource, 'name')
        const isNamed = name.endsWith(
          `-first-look-${String(value)
            .replaceAll(/[^A-Za-z0-9-]+/g, '-')
            .toLowerCase()}`,
        )
        return zones.includes(String(value)) && (isNamed || (name.endsWith('-sweep') && value === 'Etc/UTC'))
      },
    },
    'pubsub_target.data': {
      words: 'a tick of its pipeline and zone, in base64',
      holds: (value, { resource }) => {
        if (isWatch(resource)) return value === base64({ kind: 'notify' })
        const zone = textAt(resource, 'name').endsWith('-sweep')
          ? {}
          : { timeZone: valueAt(resource.attributes, 'time_zone') }
        const pipeline = /^daybreak-(.*?)-(?:first-look-.*|sweep)$/.exec(textAt(resource, 'name'))?.[1]
        return value === base64({ kind: 'tick', pipeline, ...zone })
      },
    },
  },
}

function isWatch(job: Resource): boolean {
  return textAt(job, 'name') === 'daybreak-watch'
}

function base64(message: object): string {
  return Buffer.from(JSON.stringify(message)).toString('base64')
}
