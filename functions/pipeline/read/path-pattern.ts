import { isPattern } from '../../contract/file-name.ts'
import { PART_FORMS, WINDOW_PARTS, type WindowPart, windowOfParts } from '../../lib/window-parts.ts'
import type { Cut } from '../../lib/window-unit.ts'
import type { BusinessDate } from '../entities.ts'

/** Shard, window and file that the name of a file says. */
export interface NamedPlace {
  readonly shard: string
  readonly window: BusinessDate
  /** As contracts name it. */
  readonly file: string
}

/** Names that files of a pipeline have at its source. */
export interface Layout {
  /** Below the root of the source, e.g. `{shard}/{window}/{file}`. */
  readonly path: string
  /** Names of files, as contracts have them. */
  readonly files: readonly string[]
  readonly cut: Cut
}

/** Values of placeholders that a path has so far. */
export type Bound = Readonly<Partial<Record<'shard' | 'file' | WindowPart, string>>>

const SHARD = '[A-Za-z0-9][A-Za-z0-9_-]{0,62}'
const PLACEHOLDER = new RegExp(`\\{(shard|file|${WINDOW_PARTS.join('|')})\\}`, 'g')

/** The place that a path below the root of a source names; null where it is of another layout. */
export function readPath(path: string, layout: Layout): NamedPlace | null {
  const templates = layout.path.split('/')
  const names = path.split('/')
  if (names.length !== templates.length) return null
  let bound: Bound | null = {}
  for (const [at, template] of templates.entries())
    bound = bound && bind(template, names[at] ?? '', { ...layout, bound })
  const found = windowOfParts(bound ?? {}, layout.cut)
  if (bound?.shard === undefined || found.found !== 'window') return null
  return { shard: bound.shard, window: found.window, file: bound.file ?? names.at(-1) ?? '' }
}

/** Values of the placeholders of one segment of a path, with those that are known; null where the name does not fit. */
export function bind(
  template: string,
  name: string,
  { bound, files, cut }: { readonly bound: Bound } & Pick<Layout, 'files' | 'cut'>,
): Bound | null {
  const found = new RegExp(`^${toRegExp(template, files)}$`).exec(name)
  if (!found) return null
  const own: Bound = found.groups ?? {}
  const next = { ...bound, ...own }
  const isSame = Object.entries(own).every(([key, value]) => (bound[key as keyof Bound] ?? value) === value)
  return isSame && windowOfParts(next, cut).found !== 'none' ? next : null
}

function toRegExp(template: string, files: readonly string[]): string {
  const seen = new Set<string>()
  const parts = template.split(PLACEHOLDER)
  return parts
    .map((part, at) => {
      if (at % 2 === 0) return literally(part)
      if (seen.has(part)) return `\\k<${part}>`
      seen.add(part)
      return `(?<${part}>${formOf(part, files)})`
    })
    .join('')
}

function formOf(placeholder: string, files: readonly string[]): string {
  if (placeholder === 'shard') return SHARD
  const part = WINDOW_PARTS.find((one) => one === placeholder)
  return part === undefined ? files.map(fileRegExp).join('|') : PART_FORMS[part]
}

function fileRegExp(file: string): string {
  return isPattern(file) ? file.split('*').map(literally).join('[A-Za-z0-9_.-]+') : literally(file)
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
