import type { ContractChange } from './compatibility.ts'

/** A contract that is released. */
export interface ReleasedContract {
  readonly stream: string
  readonly version: string
  /** The person who answers for a break; null where nothing breaks. */
  readonly acknowledged: { readonly name: string; readonly reason: string } | null
  /** Empty for a first version. */
  readonly changes: readonly ContractChange[]
}

/** A release of the contracts of one pipeline. */
interface ContractRelease {
  readonly pipeline: string
  /** `2026-01-31`. */
  readonly date: string
  readonly contracts: readonly ReleasedContract[]
}

/** The changelog of a pipeline's contracts with one more release, the newest first. An absent one is begun. */
export function withRelease(changelog: string | null, { pipeline, date, contracts }: ContractRelease): string {
  const head = `# Changes of the contracts of ${pipeline}\n`
  const sections = contracts.map(section).join('\n')
  const earlier = changelog === null ? '' : changelog.slice(changelog.indexOf('\n## ') + 1)
  const rest = earlier.startsWith('## ') ? `\n${earlier}` : ''
  return `${head}\n## ${date}\n\n${sections}${rest}`
}

function section({ stream, version, acknowledged, changes }: ReleasedContract): string {
  const lines = changes.map(({ compatibility, subject, message }) => `- ${compatibility}: ${subject} ${message}.`)
  return [
    `### ${stream} ${version}\n`,
    ...(lines.length === 0 ? ['- The first version.'] : lines),
    ...(acknowledged === null ? [] : [`- Acknowledged by ${acknowledged.name}: ${acknowledged.reason}`]),
    '',
  ].join('\n')
}
