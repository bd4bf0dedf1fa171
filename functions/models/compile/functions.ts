import type { DaybreakError } from '../../errors.ts'
import type { Call } from '../tree.ts'
import type { Refusal } from './compilation.ts'
import type { Piece } from './piece.ts'

/** SQL of one function in DuckDB. `refuse` makes the error for what DuckDB would answer otherwise. */
export type FunctionSql = (call: Call, args: readonly Piece[], refuse: (refusal: Refusal) => DaybreakError) => Piece
