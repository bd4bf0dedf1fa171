import type { Deployment } from './deployment.ts'
import { addressOf, isObject, type Json, resourcesOf } from './policy/resource.ts'
import { stacksOf } from './synth.ts'

/** One line of a comparison: in the words of a plan, `+` only in the second, `-` only in the first, `~` different. */
export interface Difference {
  readonly sign: '+' | '-' | '~'
  readonly where: string
  readonly from: string
  readonly to: string
}

/** Differences of two environments apart from their names, for a reviewer to agree with. */
export function diffEnvironments(from: Deployment, to: Deployment): readonly Difference[] {
  const [before, after] = [settingsOf(from), settingsOf(to)]
  const all = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return all.flatMap((where): readonly Difference[] => {
    const [one, other] = [before.get(where), after.get(where)]
    if (one === other) return []
    if (one === undefined) return [{ sign: '+', where, from: '', to: other ?? '' }]
    if (other === undefined) return [{ sign: '-', where, from: one, to: '' }]
    return [{ sign: '~', where, from: one, to: other }]
  })
}

/** Every setting by its path. A resource of which all settings are new or gone is told in one line, by its address. */
function settingsOf(deployment: Deployment): ReadonlyMap<string, string> {
  return new Map(
    resourcesOf(stacksOf(deployment)).flatMap((resource) =>
      leaves(resource.attributes, addressOf(resource)).map(([path, value]) => [
        neutral(path, deployment),
        neutral(value, deployment),
      ]),
    ),
  )
}

function leaves(value: Json, path: string): readonly (readonly [string, string])[] {
  if (isObject(value)) return Object.entries(value).flatMap(([key, member]) => leaves(member, `${path}.${key}`))
  return [[path, typeof value === 'string' ? value : JSON.stringify(value)]]
}

/** The same text in every environment: project, number and name are what differs everywhere. */
function neutral(text: string, { google, infra, environment }: Deployment): string {
  return text
    .replaceAll(google.project, 'PROJECT')
    .replaceAll(infra.projectNumber, 'NUMBER')
    .replaceAll(new RegExp(`\\b${environment}\\b`, 'g'), 'ENV')
}

/** Whole resources that only one side has, once each; then the settings that differ. */
export function summarise(differences: readonly Difference[]): readonly Difference[] {
  const resourceOf = (where: string) => /^[^/]+\/[a-z_0-9]+\.[^.]+/.exec(where)?.[0] ?? where
  const bySign = (sign: Difference['sign']) => differences.filter((each) => each.sign === sign)
  const changed = new Set(bySign('~').map(({ where }) => resourceOf(where)))
  const whole = (sign: '+' | '-') => {
    const others = new Set(bySign(sign === '+' ? '-' : '+').map(({ where }) => resourceOf(where)))
    return [...Map.groupBy(bySign(sign), ({ where }) => resourceOf(where))].flatMap(([address, lines]) =>
      changed.has(address) || others.has(address) || !isWhole(lines, address)
        ? lines
        : [{ sign, where: address, from: '', to: '' }],
    )
  }
  return [...whole('-'), ...whole('+'), ...bySign('~')]
}

// Every resource has a name or a member; where that line is new, all of it is.
function isWhole(lines: readonly Difference[], address: string): boolean {
  return lines.some(({ where }) =>
    /\.(name|member|role|secret_id|table_id|service|account_id)$/.test(where.slice(address.length)),
  )
}
