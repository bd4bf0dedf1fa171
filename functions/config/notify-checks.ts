import { type Issue, under } from '../contract/issue.ts'
import { ERRORS } from '../errors.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import { timeZoneProblem } from '../lib/time-zone.ts'
import { toMilliseconds } from './duration.ts'
import type { NotifyConfig, PersonConfig, PolicyConfig, RotationConfig, RuleConfig } from './notify-config.ts'
import { METRICS, metricWord, parseCondition } from './notify-metrics.ts'

/** Names of the project that the file may refer to. */
export interface NotifyContext {
  readonly pipelines: readonly string[]
  /** Null where config/locations.yaml could not be read. */
  readonly locations: readonly string[] | null
  /** Tags of locations. */
  readonly tags?: readonly string[]
}

/** Everything in config/notify.yaml that no schema can say. */
export function notifyIssues(config: NotifyConfig, context: NotifyContext): readonly Issue[] {
  const { people, rotations, policies, incidents, rules, report } = config
  return [
    ...each(people, 'people', (person) => personIssues(person, config, context)),
    ...each(rotations, 'rotations', (rotation) => rotationIssues(rotation, config)),
    ...each(policies, 'policies', (policy) => policyIssues(policy, config)),
    ...incidents.flatMap((route, at) =>
      [
        ...(route.as !== 'none' && route.policy === undefined
          ? [{ path: ['as'], message: `"${route.as}" needs a \`policy\`` }]
          : []),
        ...(route.policy === undefined ? [] : known('policy', route.policy, policies)),
        ...(route.pipeline === undefined ? [] : knownIn('pipeline', route.pipeline, context.pipelines)),
        ...(route.code === undefined ? [] : knownIn('code', route.code, Object.keys(ERRORS))),
      ].map(under(['incidents', at])),
    ),
    ...accessIssues(config, context),
    ...rules.flatMap((rule, at) => ruleIssues(rule, config, context).map(under(['rules', at]))),
    ...twice(rules.map(({ id }) => id)),
    ...report.flatMap((name, at) =>
      known('person', name, people).map(({ message }) => ({ path: ['report', at], message })),
    ),
  ]
}

function each<Entry>(
  entries: Readonly<Record<string, Entry>>,
  section: string,
  issues: (entry: Entry) => readonly Issue[],
): readonly Issue[] {
  return Object.entries(entries).flatMap(([name, entry]) => issues(entry).map(under([section, name])))
}

function personIssues(person: PersonConfig, { channels }: NotifyConfig, context: NotifyContext): readonly Issue[] {
  const { zone, page, ticket, quiet, digest, locations } = person
  const lists = [
    ['page', page],
    ['ticket', ticket],
  ] as const
  return [
    ...zoneIssues(zone),
    ...lists.flatMap(([key, names]) =>
      names.flatMap((name, at) =>
        [...known('channel', name, channels), ...reachIssues(person, name, channels)].map(({ message }) => ({
          path: [key, at],
          message,
        })),
      ),
    ),
    ...(quiet && quiet.from === quiet.to
      ? [
          {
            path: ['quiet', 'to'],
            message: `quiet hours from ${quiet.from} to ${quiet.to} are the whole day; expected two times`,
          },
        ]
      : []),
    ...(digest !== 'off' && page.length + ticket.length === 0
      ? [{ path: ['digest'], message: 'a digest needs a channel; expected one in `ticket` or `page`' }]
      : []),
    ...placeIssues(locations, context),
  ]
}

/** A person in a channel needs the address that the channel sends to. */
function reachIssues(
  { email, slack }: PersonConfig,
  name: string,
  channels: NotifyConfig['channels'],
): readonly { readonly message: string }[] {
  const kind = Object.hasOwn(channels, name) ? channels[name]?.kind : undefined
  if (kind === 'email' && email === undefined)
    return [{ message: `"${name}" sends mail, and the person has no \`email\`` }]
  if (kind === 'slack' && slack === undefined)
    return [{ message: `"${name}" sends direct messages, and the person has no \`slack\`` }]
  return []
}

function accessIssues({ access = [] }: NotifyConfig, context: NotifyContext): readonly Issue[] {
  return access.flatMap(({ locations }, at) =>
    placeIssues(locations, context).map(({ path, message }) => ({ path: ['access', at, ...path], message })),
  )
}

/** Ids and tags that config/locations.yaml does not have. */
function placeIssues(
  locations: PersonConfig['locations'],
  { locations: ids, tags = [] }: NotifyContext,
): readonly Issue[] {
  if (ids === null || locations === 'all') return []
  return locations.flatMap((entry, at) => {
    const issues = entry.startsWith('tag:') ? knownIn('tag', entry.slice(4), tags) : knownIn('location', entry, ids)
    return issues.map(({ message }) => ({ path: ['locations', at], message }))
  })
}

function rotationIssues({ zone, handoff, every, people }: RotationConfig, config: NotifyConfig): readonly Issue[] {
  const hasDay = handoff.includes(' ')
  const isWeeks = every.endsWith('w')
  return [
    ...zoneIssues(zone),
    ...(hasDay === isWeeks
      ? []
      : [
          {
            path: ['handoff'],
            message: isWeeks
              ? `"${handoff}" has no weekday; expected one such as \`Mon 09:00\``
              : `"${handoff}" has a weekday, and \`every\` is days; expected \`09:00\``,
          },
        ]),
    ...people.flatMap((name, at) =>
      known('person', name, config.people).map(({ message }) => ({ path: ['people', at], message })),
    ),
  ]
}

function policyIssues({ levels }: PolicyConfig, config: NotifyConfig): readonly Issue[] {
  const { people, channels, rotations } = config
  return levels.flatMap(({ to, after }, at): readonly Issue[] => {
    const [noun = '', name = ''] = to.split(' ')
    const targets = { person: people, channel: channels, 'on-call': rotations }[noun]
    const unknown =
      targets === undefined ? roleIssues(name) : known(noun === 'on-call' ? 'rotation' : noun, name, targets)
    const before = levels[at - 1]
    const isEarlier = before !== undefined && toMilliseconds(after) < toMilliseconds(before.after)
    return [
      ...unknown.map(({ message }) => ({ path: ['levels', at, 'to'], message })),
      ...(isEarlier
        ? [{ path: ['levels', at, 'after'], message: `${after} is before ${before.after}, the step above it` }]
        : []),
    ]
  })
}

const ROLES = ['viewer', 'analyst', 'operator', 'admin']

function roleIssues(name: string): readonly Issue[] {
  return knownIn('role', name, ROLES)
}

function ruleIssues(rule: RuleConfig, config: NotifyConfig, context: NotifyContext): readonly Issue[] {
  return [
    ...conditionIssues(rule),
    ...atIssues(rule),
    ...known('policy', rule.policy, config.policies),
    ...(rule.pipeline === undefined ? [] : knownIn('pipeline', rule.pipeline, context.pipelines)),
    ...rulePlaceIssues(rule, context),
  ]
}

function rulePlaceIssues({ when, locations = 'all' }: RuleConfig, context: NotifyContext): readonly Issue[] {
  const condition = parseCondition(when)
  if (locations === 'all' || condition === null || METRICS[condition.metric].of === 'slices')
    return placeIssues(locations, context)
  return [{ path: ['locations'], message: `${condition.metric} counts runs, which have no locations; leave it out` }]
}

function conditionIssues({ when, clear }: RuleConfig): readonly Issue[] {
  const condition = parseCondition(when)
  const names = Object.keys(METRICS)
  if (condition === null) {
    const word = metricWord(when)
    const message = names.includes(word)
      ? `"${when}" is no condition; expected e.g. \`${word} ${METRICS[word as keyof typeof METRICS].worse === 'less' ? '<' : '>'} 10\``
      : `there is no metric "${word}"; expected one of ${names.join(', ')}.${didYouMean(word, names)}`
    return [{ path: ['when'], message }]
  }
  const { metric, operator, limit } = condition
  const isLess = METRICS[metric].worse === 'less'
  if (operator.startsWith('<') !== isLess)
    return [
      {
        path: ['when'],
        message: `${metric} is worse when it is ${isLess ? 'less' : 'more'}; expected \`${isLess ? '<' : '>'}\``,
      },
    ]
  if (clear === undefined || (isLess ? clear >= limit : clear <= limit)) return []
  return [
    {
      path: ['clear'],
      message: `${clear} is within the fault (${when}); expected ${isLess ? 'at least' : 'at most'} ${limit}`,
    },
  ]
}

function atIssues({ at, when }: RuleConfig): readonly Issue[] {
  const zone = at?.split(' ')[1]
  if (zone === undefined) return []
  if (zone !== 'location') return zoneIssues(zone).map(({ message }) => ({ path: ['at'], message }))
  const condition = parseCondition(when)
  if (condition === null || METRICS[condition.metric].per === 'shard') return []
  return [
    {
      path: ['at'],
      message: `${condition.metric} is no figure of a location; expected a zone such as America/New_York`,
    },
  ]
}

function zoneIssues(zone: string): readonly Issue[] {
  const problem = timeZoneProblem(zone)
  return problem === null ? [] : [{ path: ['zone'], message: problem }]
}

function known(noun: string, name: string, entries: object): readonly Issue[] {
  return knownIn(noun, name, Object.keys(entries))
}

function knownIn(noun: string, name: string, names: readonly string[]): readonly Issue[] {
  if (names.includes(name)) return []
  return [{ path: [noun], message: `there is no ${noun} "${name}".${didYouMean(name, names)}` }]
}

function twice(ids: readonly string[]): readonly Issue[] {
  return ids.flatMap((id, at) =>
    ids.indexOf(id) === at ? [] : [{ path: ['rules', at, 'id'], message: `"${id}" stands here twice` }],
  )
}
