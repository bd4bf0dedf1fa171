import { toMilliseconds } from '../../functions/config/duration.ts'
import { pushPath } from '../../functions/handlers/routes.ts'
import type { Deployment } from '../deployment.ts'
import { addressOf, type PolicyProblem, type Resource, textAt, valueAt } from './resource.ts'

/** Messages that would be lost, delivered to no subscriber, or worked on twice at a time. */
export function messageProblems(resources: readonly Resource[], deployment: Deployment): readonly PolicyProblem[] {
  const topics = resources.filter(({ type }) => type === 'google_pubsub_topic')
  const subscriptions = resources.filter(({ type }) => type === 'google_pubsub_subscription')
  const worker = resources.find(
    ({ type, attributes }) => type === 'google_cloud_run_v2_service' && attributes['name'] === 'daybreak-worker',
  )
  const timeout = worker ? Number.parseInt(textAt(worker, 'template.timeout'), 10) : 0
  return [
    ...topics
      .filter((topic) => !subscriptions.some((each) => refersTo(textAt(each, 'topic'), topic)))
      .map((topic) => problem(topic, 'has no subscription: what is sent to it is lost')),
    ...subscriptions.flatMap((subscription) => deadlineProblems(subscription, timeout, deployment)),
    ...subscriptions.flatMap((subscription) => pushProblems(subscription, topics, deployment)),
  ]
}

function refersTo(reference: string, { type, id }: Resource): boolean {
  return reference === `\${${type}.${id}.id}`
}

/** The handler gives up first, then Pub/Sub, then Cloud Run: in any other order a message is worked on twice at a time. */
function deadlineProblems(subscription: Resource, timeout: number, { http }: Deployment): readonly PolicyProblem[] {
  const deadline = Number(valueAt(subscription.attributes, 'ack_deadline_seconds'))
  const budget = toMilliseconds(http.timeBudget) / 1000
  const right = budget < deadline && deadline <= 600 && deadline <= timeout
  return right
    ? []
    : [
        problem(
          subscription,
          `must have http.time_budget ${budget} s < ack deadline ${deadline} s <= timeout ${timeout} s`,
        ),
      ]
}

function pushProblems(
  subscription: Resource,
  topics: readonly Resource[],
  { http, google, infra, topics: names }: Deployment,
): readonly PolicyProblem[] {
  const topic = topics.find((each) => refersTo(textAt(subscription, 'topic'), each))
  const kind = Object.entries(names).find(([, name]) => topic !== undefined && textAt(topic, 'name') === name)?.[0]
  const isDead = topic !== undefined && textAt(topic, 'name').endsWith('-dead-letter')
  if (topic === undefined) return [problem(subscription, 'has no topic')]
  if (kind === undefined && !isDead) return []
  const path = pushPath(isDead || kind === undefined ? 'dead_letter' : kind)
  const host =
    kind === 'notify' ? `https://daybreak-notify-${infra.projectNumber}.${google.region}.run.app` : http.audience
  const expected = {
    name: `${textAt(topic, 'name')}-push`,
    'push_config.push_endpoint': `${host}${path}`,
    'push_config.oidc_token.audience': http.audience,
    'push_config.oidc_token.service_account_email': `daybreak-push@${google.project}.iam.gserviceaccount.com`,
  }
  const wrong = Object.entries(expected).filter(([at, value]) => textAt(subscription, at) !== value)
  const dead = topics.find((each) => refersTo(textAt(subscription, 'dead_letter_policy.dead_letter_topic'), each))
  const isWired = isDead || (dead !== undefined && textAt(dead, 'name') === `${textAt(topic, 'name')}-dead-letter`)
  return [
    ...wrong.map(([at, value]) => problem(subscription, `${at} must be ${value}`)),
    ...(isWired ? [] : [problem(subscription, 'has no dead-letter topic of its own')]),
  ]
}

function problem(resource: Resource, message: string): PolicyProblem {
  return { where: addressOf(resource), message }
}
