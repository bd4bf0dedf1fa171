import { ERRORS, type ErrorCode } from '../../functions/errors.ts'
import { runbookOf } from '../../functions/lib/runbook.ts'
import { code, page, table } from './markdown.ts'

const KINDS = {
  machinery: '1: the run failed',
  usage: '2: usage or configuration',
  data: '3: a blocking check, or it did not reconcile',
  drift: '4: contract drift',
  incomplete: '5: slices late or missing',
} as const

/** docs/reference/errors.md: what each code means and what to do about it. */
export function errorsPage(): string {
  const intro = 'What each code means and what to do about it: `daybreak explain CODE` says the same.'
  const exits = Object.entries(KINDS).map(([kind, meaning]) => [kind, meaning])
  const entries = Object.entries(ERRORS).map(([name, { meaning, remedy, kind, retryable }]) => {
    const again = retryable ? 'Tried again by itself.' : 'Not tried again by itself.'
    return `## ${name}\n\n${meaning}\n\n**What to do:** ${remedy}\n\nKind ${code(kind)}. ${again} ${runbook(name)}\n`
  })
  const exitTable = table(
    ['kind', 'exit code'],
    [['', '0: all is well'], ...exits, ['', '130 and 143: ended by Ctrl-C or SIGTERM']],
  )
  return [page('Errors', intro, 'functions/errors.ts'), exitTable, '', entries.join('\n')].join('\n')
}

function runbook(name: string): string {
  const isCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text)
  if (!isCode(name)) throw new TypeError(`${name} is no error code`)
  const path = runbookOf(name)
  return `More: [${path}](${path.replace('docs/', '../')}).`
}
