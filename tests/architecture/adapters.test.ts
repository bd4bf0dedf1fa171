import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Name of the file that opens a port, and the type that it gives. A folder has one file for each port that its system can be. */
const PORTS: Readonly<Record<string, string>> = {
  'source.ts': 'SourceConnector',
  'objects.ts': 'ObjectStore|MendableStore',
  'queue.ts': 'Queue|LocalQueue|PubsubQueue',
  'ledger.ts': 'PeopleLedger',
  'warehouse.ts': 'Warehouse|ModelWarehouse',
  'reader.ts': 'Reader|WritingReader',
  'table-reader.ts': 'TableReader',
  'destination.ts': 'Destination',
  'sql-session.ts': 'SqlSession',
  'sink.ts': 'FileSink',
  'transformer.ts': 'Transformer',
  'secrets.ts': 'SecretReader',
  'verifier.ts': 'Verify',
  'log.ts': 'Log',
  'notifier.ts': 'Notifier',
  'analyser.ts': 'Analyser',
  'lineage.ts': 'LineageReceiver',
}

/** Parts of an adapter that have one name in every folder, and names that they do not have. */
const ROLES: Readonly<Record<string, RegExp>> = {
  'client.ts opens the client of the system': /^(connect|open|connection-pool|pool|database|sdk|api)\.ts$/,
  'errors.ts turns its errors into ours': /^(error|problems?|failures?|exceptions?)\.ts$/,
  'names.ts names things as the system does': /^(name|naming)\.ts$/,
  'probe.ts looks at the system for doctor': /^(probes|health|ping|check)\.ts$/,
  'config.ts has settings that several files share': /^(settings|options|configuration)\.ts$/,
  'a port has the name of its file': /^(index|adapter|connector|driver|store|port|factory)\.ts$/,
}

/** Folders that open no port, and their reason. */
const NO_PORT: Readonly<Record<string, string>> = {
  'google-auth': 'tokens of this process, for the ledger and for doctor',
  openmetadata: 'requests of one command; nothing in the pipeline calls it',
}

const ROOT = 'functions/adapters'
// Clock, processes and token of this machine: they have no system behind them.
const OF_THIS_MACHINE = /^functions\/adapters\/local\/[^/]+$/

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ROOT], {
  encoding: 'utf8',
})
const files = listed.split('\n').filter((path) => path !== '' && isThere(path) && !OF_THIS_MACHINE.test(path))
const portFiles = files.filter((path) => PORTS[basename(path)] !== undefined)
const folders = [...new Set(files.map((path) => relative(ROOT, path).split('/')[0] ?? ''))]

function isThere(path: string): boolean {
  try {
    return readFileSync(path) !== null
  } catch {
    return false
  }
}

describe('an adapter', () => {
  it.each(folders)('%s opens a port in a file of the name of the port', (folder) => {
    const own = portFiles.filter((path) => path.startsWith(`${ROOT}/${folder}/`))
    expect(own.length > 0, 'a file named as in PORTS of this test').toBe(NO_PORT[folder] === undefined)
  })

  it.each(portFiles)('%s exports one function, which opens the port with one object of options', (path) => {
    const text = readFileSync(path, 'utf8')
    const exported = [...text.matchAll(/^export (?:async )?function\*? (\w+)/gm)].map(([, name]) => name)
    expect(exported).toHaveLength(1)

    const [, name = '', parameter = '', result = ''] =
      /^export (?:async )?function (\w+)\(([^)]*)\): ([^{]+) \{$/m.exec(text) ?? []
    const port = `-${basename(path, '.ts')}`.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    expect(name).toMatch(new RegExp(`^open[A-Z]\\w*${port}$`))
    expect(parameter.replaceAll(/\s+/g, ' ')).toMatch(/: \w+Options,? ?$/)
    expect(parameter.match(/\w+Options/g), 'one parameter').toHaveLength(1)
    expect(result.replace(/^Promise<(.*)>$/, '$1')).toMatch(new RegExp(`^(${PORTS[basename(path)]})$`))
  })

  it.each(Object.entries(ROLES))('%s', (_, otherNames) => {
    expect(files.filter((path) => otherNames.test(basename(path)))).toEqual([])
  })

  it('that calls a package of its system turns the errors of that package into ours in errors.ts', () => {
    const sdk = /from '(?!node:|\.|kysely|zod|cockatiel)[^']+'/
    const rooms = new Set(files.filter((path) => sdk.test(readFileSync(path, 'utf8'))).map(roomOf))
    const without = [...rooms].filter((room) => !files.some((path) => path === `${room}/errors.ts`))
    expect(without.filter((room) => !KEEPS_ERRORS.includes(room))).toEqual([])
  })
})

// One call each, whose error is turned where it is made.
const KEEPS_ERRORS = ['functions/adapters/google-auth', 'functions/adapters/oidc']

function roomOf(path: string): string {
  return dirname(path).split('/').slice(0, 3).join('/')
}
