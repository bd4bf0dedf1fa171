import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Project } from '../../config/project.ts'
import { secretPath } from '../../config/secret.ts'
import { type SecretPurpose, type SecretUse, secretUsesOf } from '../../config/secret-uses.ts'
import { DaybreakError } from '../../errors.ts'
import { googleOf } from '../google.ts'
import { TOKEN_KEY_FILE } from '../token-keys.ts'
import { type Finding, type Outcome, off, pass, warn } from './finding.ts'

const DAY = 86_400_000
const PAGE = 'docs/runbooks/rotating-secrets.md'

/** Days after which a secret is due; null for one that a calendar must not rotate. */
const DUE: Readonly<Record<SecretPurpose | 'machine-token', number | null>> = {
  'sftp-login': 90,
  'ledger-password': 90,
  'hash-key': null,
  'token-key': 365,
  'client-secret': 365,
  'session-key': 365,
  channel: 365,
  heartbeat: 365,
  lineage: 365,
  catalog: 365,
  hook: 365,
  'machine-token': 365,
}

/** A secret with the instant at which it was made; the error where that is not known, null where it is not there. */
interface Aged {
  readonly label: string
  readonly purpose: keyof typeof DUE
  readonly madeAt: number | DaybreakError | null
}

/** A line for every secret: its age, and the page that says how it is rotated and what breaks meanwhile. */
export async function* examineSecretAges(project: Project, now: () => number): AsyncGenerator<Finding> {
  for (const { label, ...aged } of [...(await namedSecrets(project)), ...(await machineSecrets(project))])
    if (aged.madeAt !== null) yield { check: `secret ${label}`, ...outcomeOf(aged, now()) }
}

function outcomeOf({ purpose, madeAt }: Omit<Aged, 'label'>, now: number): Outcome {
  const place = `${PAGE}#${purpose}`
  if (madeAt instanceof DaybreakError)
    return off(
      `its age is not known: ${madeAt.message}`,
      `Grant yourself roles/secretmanager.viewer. To rotate it: ${place}`,
    )
  const days = Math.max(0, Math.floor(((madeAt ?? now) - now) / -DAY))
  const age = `${days} ${days === 1 ? 'day' : 'days'} old`
  const due = DUE[purpose]
  if (due === null) return pass(`${age}; not rotated by the calendar: ${place}`)
  if (days > due) return warn(`${age}, and due after ${due}`, `Rotate it: ${place}`)
  return pass(`${age}, due after ${due}: ${place}`)
}

async function namedSecrets(project: Project): Promise<readonly Aged[]> {
  const uses = secretUsesOf(project)
  const isManaged = ({ reference }: SecretUse) =>
    project.environment.secrets.kind !== 'folder' && reference.startsWith('secret://')
  const managed = uses.filter(isManaged)
  const files = uses.filter((use) => !isManaged(use))
  return [
    ...(await Promise.all(files.map((use) => agedFile(secretPath(use.reference, project), use)))),
    ...(managed.length > 0 ? await managedSecrets(managed, project) : []),
  ]
}

async function managedSecrets(uses: readonly SecretUse[], project: Project): Promise<readonly Aged[]> {
  const { versionTimes } = await import('../../adapters/secret-manager/probe.ts')
  const { project: id, endpoints } = googleOf(project)
  const references = uses.map(({ reference }) => reference)
  const times = await versionTimes({ project: id, endpoint: endpoints?.secretManager }, references)
  return uses.map(({ label, purpose }, at) => ({ label, purpose, madeAt: times[at] ?? null }))
}

/** Secrets that a machine makes for itself; none before the first `daybreak serve`. */
async function machineSecrets({ home, environment: { auth } }: Project): Promise<readonly Aged[]> {
  if (auth !== undefined && auth.kind !== 'loopback') return []
  return await Promise.all([
    agedFile(join(home, 'token'), { label: 'token of this machine', purpose: 'machine-token' }),
    agedFile(join(home, TOKEN_KEY_FILE), { label: 'key of API tokens', purpose: 'token-key' }),
  ])
}

async function agedFile(path: string, { label, purpose }: Omit<Aged, 'madeAt'>): Promise<Aged> {
  const found = await stat(path).catch(() => null)
  return { label, purpose, madeAt: found?.mtimeMs ?? null }
}
