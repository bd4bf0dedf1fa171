import type { Grant } from '../access/people.ts'
import type { AccessConfig, PersonConfig } from '../config/notify-config.ts'
import { PersonConfig as PersonSchema } from '../config/notify-config.ts'
import type { Project } from '../config/project.ts'
import { withoutTags } from '../config/tagged-places.ts'
import type { PeopleLedger } from '../pipeline/people/reads.ts'

// Every request asks who its caller is. A person who loses access in the settings loses it within this time.
const FRESH = 10_000

/** Grants of config/notify.yaml, and of people in the settings that no file owns. The ledger is read every ten seconds at most. */
export function grantsOf(
  project: Project,
  ledger: Pick<PeopleLedger, 'reads'>,
  now: () => number,
): () => Promise<readonly Grant[]> {
  const written = writtenGrants(project)
  let kept: { readonly at: number; readonly grants: Promise<readonly Grant[]> } | null = null
  return async () => {
    if (kept !== null && now() - kept.at < FRESH) return await kept.grants
    const grants = ledger.reads.settings('people').then((settings) => [
      ...written,
      ...settings
        .filter(({ origin }) => origin === 'ui')
        .flatMap(({ body }) => {
          const { success, data } = PersonSchema.safeParse(body)
          return success ? personGrants(data, project.locations) : []
        }),
    ])
    kept = { at: now(), grants }
    // A failure must not be kept.
    grants.catch(() => {
      kept = null
    })
    return await grants
  }
}

/** Pure: what config/notify.yaml grants; persons first. */
function writtenGrants({ notify, locations }: Places & Pick<Project, 'notify'>): readonly Grant[] {
  const { people = {}, access = [] } = notify ?? {}
  return [
    ...Object.values(people).flatMap((person) => personGrants(person, locations)),
    ...access.map((entry): Grant => ({ who: whoOf(entry), role: entry.role, shards: shardsOf(entry, locations) })),
  ]
}

type Places = Pick<Project, 'locations'>

function personGrants({ email, role, locations }: PersonConfig, places: Places['locations']): readonly Grant[] {
  if (email === undefined) return []
  return [{ who: { kind: 'email', name: email }, role, shards: shardsOf({ locations }, places) }]
}

function whoOf({ who }: AccessConfig): Grant['who'] {
  const [kind = '', name = ''] = who.split(':')
  return { kind: kind === 'domain' || kind === 'group' ? kind : 'email', name }
}

function shardsOf({ locations }: Pick<AccessConfig, 'locations'>, places: Places['locations']): Grant['shards'] {
  const ids = withoutTags(locations, places)
  return ids === 'all' ? null : ids
}
