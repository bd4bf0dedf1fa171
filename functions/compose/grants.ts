import type { Grant } from '../access/people.ts'
import type { AccessConfig, PersonConfig } from '../config/notify-config.ts'
import { PersonConfig as PersonSchema } from '../config/notify-config.ts'
import type { Project } from '../config/project.ts'
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
          return success ? personGrants(data) : []
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
function writtenGrants({ notify, locations: { locations } }: Pick<Project, 'notify' | 'locations'>): readonly Grant[] {
  const tagged = (tag: string) => locations.filter(({ tags = [] }) => tags.includes(tag)).map(({ id }) => id)
  const { people = {}, access = [] } = notify ?? {}
  return [
    ...Object.values(people).flatMap(personGrants),
    ...access.map((entry): Grant => ({ who: whoOf(entry), role: entry.role, shards: shardsOf(entry, tagged) })),
  ]
}

function personGrants({ email, role, locations }: PersonConfig): readonly Grant[] {
  if (email === undefined) return []
  return [{ who: { kind: 'email', name: email }, role, shards: locations === 'all' ? null : locations }]
}

function whoOf({ who }: AccessConfig): Grant['who'] {
  const [kind = '', name = ''] = who.split(':')
  return { kind: kind === 'domain' || kind === 'group' ? kind : 'email', name }
}

function shardsOf({ locations }: AccessConfig, tagged: (tag: string) => readonly string[]): Grant['shards'] {
  if (locations === 'all') return null
  return locations.flatMap((entry) => (entry.startsWith('tag:') ? tagged(entry.slice(4)) : [entry]))
}
