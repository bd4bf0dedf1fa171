import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parse as parseCsv } from 'csv-parse'
import { type Candidate, costSoFar, inFolder } from './engine-candidate.ts'

const MONEY = /^-?\d+(\.\d{1,4})?$/
const TIME = /^(1[0-2]|[1-9])\/(3[01]|[12]\d|[1-9])\/\d\d (1[0-2]|[1-9]):[0-5]\d [AP]M$/

/** csv-parse, checks of the same strictness in JavaScript, and text output: no Parquet, so a lower bound for that road. */
export const csvParse: Candidate = async (files) =>
  inFolder(async (folder) => {
    let accepted = 0
    let rejected = 0
    let outputBytes = 0
    for (const [index, { path }] of files.entries()) {
      const output = join(folder, `${index}.csv`)
      const check = async function* (records: AsyncIterable<string[]>): AsyncGenerator<string> {
        for await (const fields of records) {
          const times = [fields[3], fields[4]].every((text) => !text || TIME.test(text))
          const money = [21, 22, 23, 24].every((position) => MONEY.test(fields[position] ?? ''))
          const words = [26, 27, 28].every((position) => ['true', 'false', ''].includes(fields[position] ?? ''))
          const ok = fields.length === 32 && times && money && words && fields[1] !== '' && !fields[24]?.startsWith('-')
          if (!ok) rejected++
          else {
            accepted++
            yield `${fields.map((field) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')}\n`
          }
        }
      }
      await pipeline(
        createReadStream(path, { highWaterMark: 1 << 20 }),
        parseCsv({ from: 2, relax_column_count: true }),
        check,
        createWriteStream(output),
      )
      outputBytes += (await stat(output)).size
    }
    return { accepted, rejected, exact: null, outputBytes, cost: costSoFar() }
  })
