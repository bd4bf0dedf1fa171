import { parseFormat } from '../contract/format.ts'
import { decimalMark } from '../lib/decimal-mark.ts'
import type { TablePipeline } from './table-pipeline.ts'

type Column = NonNullable<TablePipeline['tables'][string]['columns']>[string]

/** A member of a column that cannot be used, and why. */
interface ConversionIssue {
  readonly path: readonly string[]
  readonly message: string
}

/** Conversions of columns that contradict their types. `isFiles` is false where the source is a server. */
export function conversionIssues({ tables }: TablePipeline, isFiles: boolean): readonly ConversionIssue[] {
  return Object.entries(tables).flatMap(([stream, { columns = {} }]) =>
    Object.entries(columns).flatMap(([name, column]) =>
      problemsOf(column, isFiles).map(([member, message]) => ({
        path: ['streams', stream, 'columns', name, member],
        message,
      })),
    ),
  )
}

type Problem = readonly [member: string, message: string]

function problemsOf({ parse, locale, format, type, precision }: Column, isFiles: boolean): readonly Problem[] {
  if (parse === undefined && format === undefined)
    return locale === undefined ? [] : [['locale', 'is of use with `parse: money` alone']]
  const member = parse === undefined ? 'format' : 'parse'
  if (!isFiles) return [[member, 'is for files: a server converts its own values in a view']]
  if (parse !== undefined && format !== undefined)
    return [['format', 'an amount has no format; expected one of the two']]
  if (parse !== undefined && (type !== 'numeric' || precision === undefined))
    return [['parse', 'needs `type: numeric` with a `precision`']]
  if (parse !== undefined)
    return throws(() => decimalMark(locale ?? 'en-US'))
      ? [['locale', `"${locale}" is no locale; expected one such as de-DE`]]
      : []
  return (typeof format === 'string' ? [format] : (format ?? [])).flatMap((pattern): readonly Problem[] => {
    const found = patternType(pattern)
    if (found === type) return []
    return [
      [
        'format',
        found === null
          ? `\`${pattern}\` is no pattern; expected one such as dd.MM.yyyy`
          : `\`${pattern}\` is a ${found}; say \`type: ${found}\``,
      ],
    ]
  })
}

function patternType(pattern: string): string | null {
  try {
    return parseFormat(pattern).type
  } catch {
    return null
  }
}

function throws(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch {
    return true
  }
}
