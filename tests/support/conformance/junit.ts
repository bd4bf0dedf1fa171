import { readFile } from 'node:fs/promises'

/** Failures of a report in the form of JUnit, by the name of the case. A case that passed has none. */
export async function readJunit(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const xml = await readFile(path, 'utf8')
  const cases = [...xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)]
  return new Map(
    cases.map(([, attributes = '', body = '']) => [
      unescaped(/\bname="([^"]*)"/.exec(attributes)?.[1] ?? ''),
      [...body.matchAll(/<(?:failure|error)\b[^>]*?message="([^"]*)"/gs)].map(([, message = '']) => unescaped(message)),
    ]),
  )
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function unescaped(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    return ENTITIES[name] ?? whole
  })
}
