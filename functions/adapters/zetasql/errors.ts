import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { placeAt, type Source } from '../../models/place.ts'

/** No package with the analyser in any of the folders. */
export function analyserMissing(folders: readonly string[]): DaybreakError {
  const message =
    "Google's SQL analyser is not installed (looked in node_modules of " +
    `${folders.join(' and ')}, and above). It is needed to compile and test models, not to run them`
  return new DaybreakError('ANALYSER_MISSING', message)
}

const Failure = z.object({ details: z.string() })
const PLACE = / \[at (\d+):(\d+)\]/

/** A refusal of the analyser, in its words and at the place in the file. Anything else is passed on. */
export function sqlError(error: unknown, { file, text }: Source): DaybreakError {
  // A field of an Error is not its own, which zod would not see.
  const details = typeof error === 'object' && error !== null ? Reflect.get(error, 'details') : null
  const failure = Failure.safeParse({ details })
  if (!failure.success) throw error
  const words = failure.data.details
  const [, line = '1', column = '1'] = PLACE.exec(words) ?? []
  const place = placeAt({ file, text }, { line: Number(line), column: Number(column) })
  return new DaybreakError('MODEL_INVALID', `${place} ${words.replace(PLACE, '')}`)
}
