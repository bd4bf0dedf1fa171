import { isPattern } from '../../contract/file-name.ts'
import { fromFolderName } from '../../lib/business-date.ts'
import type { BusinessDate } from '../entities.ts'

/** Shard, window and file that the name of a file says. */
export interface NamedPlace {
  readonly shard: string
  readonly window: BusinessDate
  /** As contracts name it. */
  readonly file: string
}

interface Layout {
  /** Below the root of the source, e.g. `{shard}/{window}/{file}`. */
  readonly path: string
  /** Names of files, as contracts have them. */
  readonly files: readonly string[]
}

/** Values of placeholders that a path has so far. */
export type Bound = Readonly<Partial<Record<'shard' | 'window' | 'yyyymmdd' | 'file', string>>>

const SHARD = '[A-Za-z0-9][A-Za-z0-9_-]{0,62}'
const PLACEHOLDER = /\{(shard|window|yyyymmdd|file)\}/g

/** The place that a path below the root of a source names; null where it is of another layout. */
export function readPath(path: string, layout: Layout): NamedPlace | null {
  const templates = layout.path.split('/')
  const names = path.split('/')
  if (names.length !== templates.length) return null
  let bound: Bound | null = {}
  for (const [at, template] of templates.entries())
    bound = bound && bind(template, names[at] ?? '', { bound, files: layout.files })
  const window = windowOf(bound ?? {})
  if (bound?.shard === undefined || window === null) return null
  return { shard: bound.shard, window, file: bound.file ?? names.at(-1) ?? '' }
}

/** Values of the placeholders of one segment of a path, with those that are known; null where the name does not fit. */
export function bind(
  template: string,
  name: string,
  { bound, files }: { readonly bound: Bound; readonly files: readonly string[] },
): Bound | null {
  const found = new RegExp(`^${toRegExp(template, files)}$`).exec(name)
  if (!found) return null
  const own: Bound = found.groups ?? {}
  const next = { ...bound, ...own }
  const isSame = Object.entries(own).every(([key, value]) => (bound[key as keyof Bound] ?? value) === value)
  return isSame && (windowOf(next) !== null || !hasWindow(next)) ? next : null
}

/** The day that was found, written either way; null where none was, or what was found is none. */
export function windowOf({ window, yyyymmdd }: Bound): BusinessDate | null {
  const [a, b] = [window?.replaceAll('-', '') ?? yyyymmdd, yyyymmdd ?? window?.replaceAll('-', '')]
  return a !== undefined && a === b ? fromFolderName(a) : null
}

function hasWindow({ window, yyyymmdd }: Bound): boolean {
  return window !== undefined || yyyymmdd !== undefined
}

function toRegExp(template: string, files: readonly string[]): string {
  const seen = new Set<string>()
  const parts = template.split(PLACEHOLDER)
  return parts
    .map((part, at) => {
      if (at % 2 === 0) return literally(part)
      if (seen.has(part)) return `\\k<${part}>`
      seen.add(part)
      return `(?<${part}>${VALUES[part as keyof typeof VALUES](files)})`
    })
    .join('')
}

const VALUES = {
  shard: () => SHARD,
  window: () => '\\d{4}-\\d{2}-\\d{2}',
  yyyymmdd: () => '\\d{8}',
  file: (files: readonly string[]) => files.map(fileRegExp).join('|'),
}

function fileRegExp(file: string): string {
  return isPattern(file) ? file.split('*').map(literally).join('[A-Za-z0-9_.-]+') : literally(file)
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
