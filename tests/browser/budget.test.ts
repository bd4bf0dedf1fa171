import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { builtDashboard } from '../../cli/dashboard/build.ts'
import { PROGRAM } from '../support/api-world.ts'

const FIRST_LOAD = 170_000
const PAGE = 60_000

interface Chunk {
  readonly file: string
  readonly isEntry?: boolean
  readonly isDynamicEntry?: boolean
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

describe('the built dashboard', () => {
  let dist = ''
  let manifest: Readonly<Record<string, Chunk>> = {}

  beforeAll(async () => {
    dist = (await builtDashboard({ program: PROGRAM, stderr: process.stderr })) ?? ''
    manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
  })

  it('loads at first at most 170 kB, and for a page at most 60 kB more', () => {
    const entry = filesOf(Object.keys(manifest).filter((key) => manifest[key]?.isEntry))
    expect(sizeOf(entry)).toBeLessThanOrEqual(FIRST_LOAD)
    const pages = Object.keys(manifest).filter((key) => manifest[key]?.isDynamicEntry)
    expect(pages.length).toBeGreaterThan(10)
    const heavy = pages.filter((page) => sizeOf(without(filesOf([page]), entry)) > PAGE)
    expect(heavy).toEqual([])
  })

  it('is the same for every visitor: no inline script, every file named by its content but the page', () => {
    const page = readFileSync(join(dist, 'index.html'), 'utf8')
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)/)
    const files = globSync('assets/*', { cwd: dist })
    expect(files.filter((file) => !/-[\w-]{8}\.\w+$/.test(file))).toEqual([])
  })

  /** Files of chunks with all that they import. */
  function filesOf(keys: readonly string[]): Set<string> {
    const seen = new Set<string>()
    const queue = [...keys]
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      if (seen.has(key)) continue
      seen.add(key)
      queue.push(...(manifest[key]?.imports ?? []))
    }
    return new Set([...seen].flatMap((key) => [manifest[key]?.file ?? '', ...(manifest[key]?.css ?? [])]))
  }

  function without(files: ReadonlySet<string>, known: ReadonlySet<string>): Set<string> {
    return new Set([...files].filter((file) => !known.has(file)))
  }

  function sizeOf(files: ReadonlySet<string>): number {
    return [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0)
  }
})
