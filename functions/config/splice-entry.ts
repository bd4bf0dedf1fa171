import { Document, isMap, isNode, isScalar, isSeq, parseDocument, stringify } from 'yaml'
import { spliceYaml } from './splice-yaml.ts'

/** A value on one line, as YAML has it between braces. */
export function inlineYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inlineYaml).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([name, member]) => `${inlineYaml(name)}: ${inlineYaml(member)}`)
      .join(', ')} }`
  if (typeof value !== 'string') return stringify(value).trim()
  const list = new Document([value])
  if (!isSeq(list.contents)) return JSON.stringify(value)
  list.contents.flow = true
  return list.toString({ lineWidth: 0, flowCollectionPadding: false }).trim().slice(1, -1)
}

/** A text on one line, as YAML has it behind a key. */
export function plainYaml(text: string): string {
  return stringify(text, { lineWidth: 0 }).trim()
}

type Place = readonly [string, string]

/** Adds an entry to a map at the top of a file, or replaces the one of that name. Every other byte stays. */
export function spliceEntry(text: string, [top, name]: Place, render: (indent: string) => string): string {
  const map = parseDocument(text).get(top)
  if (!isMap(map) || map.items.length === 0) return intoEmpty(text, top, render('  '))
  if (map.flow === true) return spliceYaml(text, [{ at: [top, name], pair: flowText(render('')) }])
  const indent = ' '.repeat(columnOf(text, startOf(map.items[0]?.key)))
  const same = map.items.find(({ key }) => isScalar(key) && key.value === name)
  const last = same ?? map.items.at(-1)
  // A comment behind an entry stays with it.
  const end = endOfLine(text, endOf(last?.value ?? last?.key))
  if (same === undefined) return `${text.slice(0, end)}\n${indent}${render(indent)}${text.slice(end)}`
  return text.slice(0, startOf(same.key)) + render(indent) + text.slice(end)
}

/** `connections:` and `connections: {}` have no entry to stand behind. */
function intoEmpty(text: string, top: string, entry: string): string {
  const found = new RegExp(`^${top}:[ \\t]*(?:\\{[ \\t]*\\})?`, 'm').exec(text)
  if (found === null) return `${text.trimEnd()}\n${top}:\n  ${entry}\n`
  const end = found.index + found[0].length
  const lineEnd = endOfLine(text, end)
  return `${text.slice(0, found.index)}${top}:${text.slice(end, lineEnd)}\n  ${entry}${text.slice(lineEnd) || '\n'}`
}

/** A block on one line: between braces there are no lines. */
function flowText(block: string): string {
  const document = parseDocument(block)
  if (isMap(document.contents)) document.contents.flow = true
  return document.toString({ lineWidth: 0 }).trim().slice(1, -1).trim()
}

function endOfLine(text: string, offset: number): number {
  const last = text.slice(0, offset).trimEnd().length
  const lineBreak = text.indexOf('\n', last)
  return lineBreak < 0 ? text.length : lineBreak
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}

function startOf(node: unknown): number {
  return rangeOf(node)[0]
}

function endOf(node: unknown): number {
  return rangeOf(node)[1]
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = isNode(node) ? node.range : null
  if (!range) throw new TypeError('a node that was parsed has no place in its file')
  return [range[0], range[1]]
}
