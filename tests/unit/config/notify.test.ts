import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { METRICS, parseCondition } from '../../../functions/config/notify-metrics.ts'
import { toDaybreakError } from '../../../functions/errors.ts'
import { loadFiles, projectFiles } from '../../support/project.ts'

const FILE = 'config/notify.yaml'

const VALID = `version: 1
people:
  ana: { name: Ana, zone: America/New_York, email: ana@example.com, page: [pager, mail], digest: "07:00" }
  ben: { name: Ben, zone: America/Chicago, slack: U0A1B2C3D, ticket: [ops], locations: ["1001"], quiet: { from: "22:00", to: "07:00" } }
channels:
  ops: { kind: slack, channel: "#daybreak", token: secret://slack }
  pager: { kind: pagerduty, key: secrets/pd }
  mail: { kind: email, smtp: secret://smtp, from: Daybreak <daybreak@example.com> }
  hook: { kind: webhook, url: secret://hook, signing: secrets/hook }
rotations:
  primary: { zone: America/New_York, handoff: "Mon 09:00", people: [ana, ben] }
policies:
  night: { levels: [{ to: on-call primary }, { to: role admin, after: 30m }], repeat: 2 }
incidents:
  - { severity: error, as: page, policy: night }
  - { kind: drift, as: none }
rules:
  - { id: incomplete-at-seven, when: completeness < 100, at: "07:00 location", severity: page, policy: night }
access:
  - { who: domain:example.com, role: viewer, locations: ["1001"] }
`

const load = (text: string) => loadFiles(projectFiles({ [FILE]: text }))
const problems = async (text: string) =>
  await load(text).then(
    () => '',
    (error: unknown) => toDaybreakError(error).message,
  )
/** The valid file with one text in place of another, which must be there. */
const changed = (from: string, to: string) => {
  expect(VALID).toContain(from)
  return VALID.replace(from, to)
}

describe('config/notify.yaml', () => {
  it('is optional', async () => {
    expect((await loadFiles(projectFiles())).notify).toBeNull()
  })

  it('is read with its defaults, and its secrets lie below the project', async () => {
    const { notify } = await load(VALID)
    expect(notify?.policies.night).toMatchObject({
      repeat: 2,
      ackLasts: '4h',
      levels: [{ after: '0s' }, { after: '30m' }],
    })
    expect(notify?.channels.pager).toMatchObject({ key: '/project/secrets/pd' })
    expect(notify?.channels.hook).toMatchObject({ url: 'secret://hook', signing: '/project/secrets/hook' })
    expect(notify?.goals).toMatchObject({ completeBy: '07:00', completePercent: 99.5 })
  })

  it.each([
    [
      'a tag that no location has',
      'viewer, locations: ["1001"]',
      'viewer, locations: ["tag:west"]',
      `${FILE}:20:`,
      'there is no tag "west"',
    ],
    [
      'a tag of a rule that no location has',
      'when: completeness < 100,',
      'when: completeness < 100, locations: ["tag:west"],',
      `${FILE}:18:`,
      'there is no tag "west"',
    ],
    [
      'locations of a rule about runs',
      'when: completeness < 100, at: "07:00 location",',
      'when: failed_runs > 0, locations: ["1001"],',
      `${FILE}:18:`,
      'failed_runs counts runs, which have no locations',
    ],
    [
      'a location of `access` that does not exist',
      'viewer, locations: ["1001"]',
      'viewer, locations: ["77"]',
      `${FILE}:20:`,
      'there is no location "77"',
    ],
    [
      'a role that does not exist',
      'role: viewer, locations',
      'role: owner, locations',
      `${FILE}:20:`,
      'access[0].role',
    ],
    [
      'an account without its kind',
      'domain:example.com',
      'ana@example.com',
      `${FILE}:20:`,
      'expected `user:ana@example.com`',
    ],
    [
      'an unknown channel of a person',
      'page: [pager, mail]',
      'page: [pager, mial]',
      `${FILE}:3:`,
      'there is no channel "mial". Did you mean "mail"?',
    ],
    [
      'a person without the address of a channel',
      ', email: ana@example.com',
      '',
      `${FILE}:3:`,
      '"mail" sends mail, and the person has no `email`',
    ],
    [
      'a zone that does not exist',
      'zone: America/Chicago',
      'zone: America/Chicargo',
      `${FILE}:4:`,
      'Did you mean "America/Chicago"?',
    ],
    ['an unknown location', '["1001"]', '["1009"]', `${FILE}:4:`, 'there is no location "1009"'],
    ['quiet hours of a whole day', '"22:00", to: "07:00"', '"22:00", to: "22:00"', `${FILE}:4:`, 'expected two times'],
    ['a digest that has no channel', 'page: [pager, mail], digest', 'digest', `${FILE}:3:`, 'a digest needs a channel'],
    ['weeks without a weekday', '"Mon 09:00"', '"09:00"', `${FILE}:11:`, 'has no weekday'],
    [
      'days with a weekday',
      'people: [ana, ben] }',
      'every: 2d, people: [ana, ben] }',
      `${FILE}:11:`,
      'expected `09:00`',
    ],
    ['an unknown person', 'people: [ana, ben]', 'people: [ana, bne]', `${FILE}:11:`, 'there is no person "bne"'],
    ['an unknown rotation', 'on-call primary', 'on-call primry', `${FILE}:13:`, 'there is no rotation "primry"'],
    ['an unknown role', 'role admin', 'role boss', `${FILE}:13:`, 'there is no role "boss"'],
    [
      'a step before the one above it',
      'on-call primary }',
      'on-call primary, after: 1h }',
      `${FILE}:13:`,
      '30m is before 1h',
    ],
    ['an unknown target', 'on-call primary', 'team primary', `${FILE}:13:`, 'expected `on-call ROTATION`'],
    [
      'an incident that is told by no policy',
      'as: page, policy: night',
      'as: page',
      `${FILE}:15:`,
      '"page" needs a `policy`',
    ],
    ['an unknown metric', 'completeness < 100', 'completness < 100', `${FILE}:18:`, 'Did you mean "completeness"?'],
    [
      'a comparison that no metric has',
      'completeness < 100',
      'completeness = 100',
      `${FILE}:18:`,
      'expected e.g. `completeness < 10`',
    ],
    [
      'a comparison that looks the wrong way',
      'completeness < 100',
      'completeness > 90',
      `${FILE}:18:`,
      'worse when it is less; expected `<`',
    ],
    [
      'an end within the fault',
      'severity: page, policy: night }\n',
      'clear: 90, severity: page, policy: night }\n',
      `${FILE}:18:`,
      'expected at least 100',
    ],
    [
      'a local time for what no location has',
      'completeness < 100',
      'failed_runs > 2',
      `${FILE}:18:`,
      'no figure of a location',
    ],
    [
      'an unknown policy',
      'severity: page, policy: night }\n',
      'severity: page, policy: nihgt }\n',
      `${FILE}:18:`,
      'Did you mean "night"?',
    ],
    ['a token where its secret belongs', 'secret://slack', 'xoxb-1-2', `${FILE}:6:`, 'expected `secret://NAME`'],
    [
      'a server of others as stand-in',
      'key: secrets/pd',
      'key: secrets/pd, endpoint: "http://evil.test:80"',
      `${FILE}:7:`,
      'a server on this machine',
    ],
    ['a key that does not exist', 'repeat: 2', 'repaet: 2', `${FILE}:13:`, 'repaet'],
  ])('refuses %s at its place', async (_, from, to, place, message) => {
    const found = await problems(changed(from, to))
    expect(found).toContain(place)
    expect(found).toContain(message)
  })

  it('never quotes what may be a token', async () => {
    expect(await problems(changed('secret://slack', 'xoxb-1-2-abcdef'))).not.toContain('abcdef')
  })

  it('the example in the project’s own file is valid', async () => {
    const { readFileSync } = await import('node:fs')
    const own = readFileSync(FILE, 'utf8')
    const example = own
      .split('\n')
      .flatMap((line) => /^# ( *(?:\w+:|- ).*)$/.exec(line)?.[1] ?? [])
      .filter((line) => !line.startsWith('yaml-language-server'))
    expect(Object.keys(parse(example.join('\n')) as object)).toContain('policies')
    expect(await problems(`version: 1\n${example.join('\n')}\n`)).toBe('')
  })
})

it.each(Object.entries(METRICS))('%s can be compared', (name, { worse }) => {
  const operator = worse === 'less' ? '<' : '>'
  expect(parseCondition(`${name} ${operator} 1.5`)).toEqual({ metric: name, operator, limit: 1.5 })
})
