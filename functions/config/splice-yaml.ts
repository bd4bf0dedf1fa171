import { type Document, isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml'
import { DaybreakError } from '../errors.ts'

type Place = readonly (string | number)[]

/** A change of a YAML text at one place. Every byte outside of it stays. */
export type Splice =
  /** Replaces the value of a key. */
  | { readonly at: Place; readonly value: string }
  /** Replaces a key and its value; adds them where the key is absent. */
  | { readonly at: Place; readonly pair: string }
  /** Adds an entry to the end of a list. */
  | { readonly at: Place; readonly entry: string }

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Applies changes to a text that is valid YAML. @throws {DaybreakError} CONFIG_INVALID for a place that it does not have. */
export function spliceYaml(text: string, splices: readonly Splice[]): string {
  const document = parseDocument(text)
  // From the end, so that earlier places stay where they are; what goes to one place keeps its order.
  const edits = splices
    .map((splice) => toEdit(document, text, splice))
    .toReversed()
    .toSorted((a, b) => b.start - a.start)
  return edits.reduce((edited, { start, end, text: put }) => edited.slice(0, start) + put + edited.slice(end), text)
}

function toEdit(document: Document, text: string, splice: Splice): Edit {
  if ('entry' in splice) return atEndOf(document.getIn(splice.at, true), text, splice)
  const map = document.getIn(splice.at.slice(0, -1), true)
  if (!isMap(map)) throw nowhere(splice.at)
  const pair = map.items.find(({ key }) => isScalar(key) && key.value === splice.at.at(-1))
  if (pair) return overPair(pair, splice)
  if ('value' in splice || !map.range) throw nowhere(splice.at)
  const last = map.items.at(-1)?.value
  const end = rangeOf(last)[1]
  const indent = ' '.repeat(columnOf(text, rangeOf(map.items[0]?.key)[0]))
  return { start: end, end, text: map.flow ? `, ${splice.pair}` : `\n${indent}${splice.pair}` }
}

function overPair({ key, value }: Pair, splice: Exclude<Splice, { readonly entry: string }>): Edit {
  const [start, end] = rangeOf(value)
  if ('value' in splice) return { start, end, text: splice.value }
  return { start: rangeOf(key)[0], end, text: splice.pair }
}

function atEndOf(list: unknown, text: string, { at, entry }: { readonly at: Place; readonly entry: string }): Edit {
  if (!isSeq(list)) throw nowhere(at)
  const last = list.items.at(-1)
  const [start, valueEnd] = rangeOf(last)
  const end = list.flow ? valueEnd : endOfLine(text, valueEnd)
  const indent = ' '.repeat(Math.max(0, columnOf(text, start) - 2))
  return { start: end, end, text: list.flow ? `, ${entry}` : `\n${indent}- ${entry}` }
}

/** The end of the line on which the text before an offset ends: a comment behind an entry stays with it. */
function endOfLine(text: string, offset: number): number {
  const last = text.slice(0, offset).trimEnd().length
  const lineBreak = text.indexOf('\n', last)
  return lineBreak < 0 ? text.length : lineBreak
}

function rangeOf(node: unknown): readonly [start: number, end: number] {
  const range = isNodeWithRange(node) ? node.range : null
  if (!range) throw new DaybreakError('CONFIG_INVALID', 'a value of the contract has no place in its file')
  return [range[0], range[1]]
}

function isNodeWithRange(node: unknown): node is Node {
  return typeof node === 'object' && node !== null && 'range' in node
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}

function nowhere(at: Place): DaybreakError {
  return new DaybreakError('CONFIG_INVALID', `the file has no \`${at.join('.')}\``)
}
