import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { version } from '@duckdb/node-api'
import { PIECE_BYTES } from '../../../config/defaults.ts'
import type { Contract } from '../../../contract/contract.ts'
import { missingOutcome, trailingOutcomes } from '../../../engine/check-result.ts'
import { PARQUET_OPTIONS, partSql } from '../../../engine/duckdb/compile.ts'
import { duplicatesSql } from '../../../engine/duckdb/term-sql.ts'
import { START_BYTES } from '../../../engine/file/header.ts'
import { recordOfLine } from '../../../engine/file/record-index.ts'
import { refuseSpreadsheet, sampleOf } from '../../../engine/file/spreadsheet.ts'
import { absentColumns } from '../../../engine/not-run.ts'
import { profilesParquet } from '../../../engine/profiles/profiles-parquet.ts'
import type { ExplainContext } from '../../../engine/rejects/explain.ts'
import type { RejectedRecord } from '../../../engine/rejects/plan.ts'
import { type Rule, uniqueRules } from '../../../engine/rule.ts'
import { DaybreakError } from '../../../errors.ts'
import type { Transformer, TransformRequest, TransformResult } from '../../../pipeline/ports.ts'
import { quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { readRange } from '../file.ts'
import { type Bound, bindContract } from './bind.ts'
import { type CompileCache, createCompileCache } from './cache.ts'
import { crossChecks, duplicateLines, type PartSummary, summarize } from './checks.ts'
import { type TransformedFile, transformFile } from './file.ts'
import { engineInput } from './input.ts'
import { type Lane, type LaneOptions, type Lanes, openLanes } from './lanes.ts'
import { writeNoRejects, writeRejects } from './rejects.ts'
import { type RawFile, scanHeader } from './scan.ts'

/** Changes with every change of the code that gives another part or other rejects for the same raw file and contract. */
const ENGINE = '4'

/** Lanes, and the size of the pieces of a file. */
export interface TransformerOptions extends LaneOptions {
  /** A file of at most this size is one piece, and its part does not depend on it. `PIECE_BYTES` unless it is said. */
  readonly pieceBytes?: number
}

/** A transformer that runs DuckDB in this process. Scratch files go into the folder for results, DuckDB's own into `tempDir`. */
export async function openDuckdbTransformer({
  pieceBytes = PIECE_BYTES,
  ...options
}: TransformerOptions): Promise<Transformer> {
  const lanes = await openLanes(options)
  const bound: Bound = new Set()
  const engine = { lanes, pieceBytes, compile: createCompileCache(), rejects: createRejectWriter() }
  return {
    engine: engineVersion(pieceBytes),
    transform: (request) => transform(engine, request),
    crossChecks: (checks, parts, closeoutHour) =>
      lanes.withLane(({ connection }) => crossChecks(connection, checks, { parts, closeoutHour })),
    bind: (contract) => lanes.withLane((lane) => bindContract(lane, contract, { tempDir: options.tempDir, bound })),
    close: () => lanes.close(),
  }
}

function engineVersion(pieceBytes: number): string {
  // Both write bytes of a part: DuckDB nearly all, Node's zstd one column.
  const name = `e${ENGINE}-duckdb-${version().replace(/^v/, '')}-zstd-${process.versions.zstd}`
  return pieceBytes === PIECE_BYTES ? name : `${name}-p${pieceBytes}`
}

interface Engine {
  readonly lanes: Lanes
  readonly pieceBytes: number
  readonly compile: CompileCache
  readonly rejects: typeof writeRejects
}

async function transform(engine: Engine, request: TransformRequest): Promise<TransformResult> {
  const folder = join(request.outDir, 'work')
  mkdirSync(folder, { recursive: true })
  try {
    return await transformIn(folder, engine, request)
  } catch (error) {
    if (request.signal?.aborted && !(error instanceof DaybreakError))
      throw new DaybreakError('CANCELLED', `transforming ${request.sourceFile} was cancelled`, { cause: error })
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function transformIn(folder: string, engine: Engine, request: TransformRequest): Promise<TransformResult> {
  const { contract, constants, place = null, raw, signal, onProgress } = request
  const named = { path: raw.path, name: request.sourceFile, bytes: raw.bytes }
  const { file, isMade, origin: rowOrigin } = await engineInput(named, contract, { folder, lanes: engine.lanes })
  const header = scanHeader(file)
  const { plan, compiled } = engine.compile(contract, header.names, { place, privacyKey: request.privacyKey })
  const start = readRange(file.path, header.mark, Math.min(file.bytes, START_BYTES))
  const sample = isMade ? [] : sampleOf(start, header.encoding)
  refuseSpreadsheet({ name: file.name, contract, positions: plan.positions, sample })
  const origin = { constants, sourceFile: request.sourceFile, rawSha256: raw.sha256 }
  const part = join(request.outDir, 'part.parquet')
  const made = await transformFile(engine.lanes, {
    context: { file, header, compiled, origin, folder, signal },
    scan: { pieceBytes: engine.pieceBytes, isMade, signal, onProgress },
    part,
  })
  const rules = [...compiled.rules, ...uniqueRules(contract)]
  const explain: ExplainContext = {
    ...{ contract, rules, encoding: made.encoding, privacyKey: request.privacyKey, slice: sliceOfReject(request) },
    ...{ header: header.names, positions: plan.positions, texts: compiled.texts },
  }
  const absent = absentColumns(contract, plan.positions)
  return await engine.lanes.withLane(async (lane) => {
    const ask = (found: readonly RejectedRecord[]) =>
      summarize(lane.connection, {
        ...{ contract, place, part, absent, quarantined: countByCheck(found, rules) },
        profiled: request.profiles === true ? { rows: made.total.records, rawSha256: raw.sha256 } : null,
      })
    const found = await ask(made.rejected)
    const rejected = await rejectDuplicates(lane, { contract, made, rules, part, repeated: found.repeated })
    const rejects = join(request.outDir, 'rejects.parquet')
    const hidden = await engine.rejects(lane, {
      path: file.path,
      bytes: file.bytes,
      rejected,
      index: made.index,
      context: explain,
      constants: request.rejectConstants,
      origin: rowOrigin,
      folder,
      output: rejects,
    })
    const summary = rejected === made.rejected ? found : await ask(rejected)
    const counts = reconcile(file, made, { summary, rejected: rejected.length })
    const { profiles } = summary
    const output = join(request.outDir, 'profiles.parquet')
    if (profiles.length > 0) writeFileSync(output, profilesParquet(profiles, request.rejectConstants))
    return {
      part: { path: part, rows: summary.rows, bytes: statSync(part).size },
      rejects: { path: rejects, rows: rejected.length, bytes: statSync(rejects).size },
      ...(profiles.length > 0 && { profiles: { path: output, rows: profiles.length, bytes: statSync(output).size } }),
      counts,
      ...(hidden > 0 && { hidden }),
      totals: summary.totals,
      ...(Object.keys(summary.constants).length > 0 && { constants: summary.constants }),
      encoding: made.encoding,
      drift: { newColumns: plan.newColumns, missingOptional: plan.missingOptional, reordered: plan.reordered },
      checks: [
        ...summary.checks,
        missingOutcome(plan.missing, contract.columns.length),
        ...trailingOutcomes(header.trailing, header.names.length),
      ],
    }
  }, signal)
}

function sliceOfReject({ contract, raw, sourceFile, rejectConstants }: TransformRequest): ExplainContext['slice'] {
  const carried = Object.fromEntries(rejectConstants.map(({ name, value }) => [name, value]))
  return { ...carried, stream: contract.stream, file: sourceFile, raw_sha256: raw.sha256 }
}

interface Duplicates {
  readonly contract: Contract
  readonly made: TransformedFile
  readonly rules: readonly Rule[]
  readonly part: string
  /** Names of the checks to look into. */
  readonly repeated: ReadonlySet<string>
}

/** Of rows with one key the first in the file stays; the others become rejects and leave the part. */
async function rejectDuplicates(
  { connection }: Lane,
  { contract, made, rules, part, repeated }: Duplicates,
): Promise<readonly RejectedRecord[]> {
  let all = made.rejected
  for (const [position, rule] of rules.entries()) {
    if (rule.kind !== 'unique' || !repeated.has(rule.check.name)) continue
    const duplicates = duplicatesSql(rule.check, contract, partSql(part))
    const lines = await duplicateLines(connection, duplicates)
    if (lines.length === 0) continue
    const kept = `SELECT * FROM ${partSql(part)} WHERE _row_number NOT IN (${duplicates})`
    await connection.run(`COPY (${kept} ORDER BY _row_number) TO ${quoteString(`${part}.unique`)} (${PARQUET_OPTIONS})`)
    await rename(`${part}.unique`, part)
    const found = lines.map((line) => ({ record: recordOfLine(made.index, line), cause: { rules: `${position}` } }))
    all = [...all, ...found].toSorted((a, b) => a.record - b.record)
  }
  return all
}

function countByCheck(rejected: readonly RejectedRecord[], rules: readonly Rule[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { cause } of rejected) {
    if (typeof cause === 'string') continue
    for (const position of cause.rules.split(',')) {
      const rule = rules[Number(position)]
      if (rule && 'check' in rule) counts.set(rule.check.name, (counts.get(rule.check.name) ?? 0) + 1)
    }
  }
  return counts
}

/** The gate of the file: every record is the header, a row of the part as it is read back, or a reject. */
function reconcile(
  { name }: RawFile,
  { total }: TransformedFile,
  { summary, rejected }: { readonly summary: PartSummary; readonly rejected: number },
): TransformResult['counts'] {
  const { lines, records, blankLines } = total
  const accepted = summary.rows
  if (records === 1 + accepted + rejected) return { lines, records, blankLines, accepted, rejected }
  throw new DaybreakError(
    'NOT_RECONCILED',
    `${name}: ${records} records are not 1 header + ${accepted} accepted + ${rejected} rejected`,
    { details: { records, accepted, rejected } },
  )
}

/** Writes rejects; those of a file without any have the same bytes always, and are made once for each shape. */
function createRejectWriter(): typeof writeRejects {
  const none = new Map<string, Promise<Buffer>>()
  return async (lane, request) => {
    if (request.rejected.length > 0) return await writeRejects(lane, request)
    const shape = JSON.stringify(request.constants.map(({ name, type }) => [name, type]))
    const made = none.get(shape) ?? writeNoRejects(lane, request)
    none.set(shape, made)
    writeFileSync(request.output, await made)
    return 0
  }
}
