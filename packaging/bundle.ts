import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'

/** Programs of the package by their place in it, without ending. */
const ENTRIES = { 'cli/start': 'cli/start.ts', 'functions/server': 'functions/server.ts' } as const

/** The one package that ours depends on: it has the native half of DuckDB for this system. */
export const NATIVE = '@duckdb/node-bindings'

/** Optional native code of other packages: it was built for this machine alone, and each of them works without. */
const ABSENT = /\.node$|^cpu-features$|^pg-native$/
/** Optional halves of `mongodb`, which it looks for and goes without: encryption, compression, Kerberos and others. */
const OPTIONAL =
  /^(mongodb-client-encryption|@mongodb-js\/zstd|snappy|kerberos|socks|gcp-metadata|aws4|@aws-sdk\/credential-providers)$/

/** A bundle as it was written. */
interface Bundle {
  /** Absolute paths of the source files that went into it. */
  readonly modules: readonly string[]
  readonly files: number
  /** Packages that it does not hold. */
  readonly imports: readonly string[]
}

/** Bundles both programs with all their packages but the native one, as JavaScript, into a folder. Names stay, so that a stack can be read. */
export async function bundleInto(root: string, out: string): Promise<Bundle> {
  const problems: string[] = []
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(root, file)])),
    platform: 'node',
    external: [new RegExp(`^${NATIVE}(/|$)`)],
    // Packages of before ES modules look for files next to themselves. None of those is read while the product runs.
    transform: { define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' } },
    plugins: [absentModules()],
    onLog: (_, { code, message }) => void (code === 'UNRESOLVED_IMPORT' && problems.push(message)),
  })
  const { output } = await build.write({
    dir: out,
    format: 'esm',
    minify: { compress: true, mangle: false, codegen: true },
    entryFileNames: '[name].js',
    chunkFileNames: 'lib/[name]-[hash].js',
  })
  await build.close()
  if (problems.length > 0) throw new Error(`the bundle lacks modules:\n${problems.join('\n')}`)
  const chunks = output.filter((each) => each.type === 'chunk')
  const own = new Set(output.map(({ fileName }) => fileName))
  const imports = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])
  return {
    modules: [...new Set(chunks.flatMap(({ moduleIds }) => moduleIds))],
    files: output.length,
    imports: [...new Set(imports)].filter((name) => !own.has(name) && !isOfNode(name)).toSorted(),
  }
}

function isOfNode(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name)
}

/** Takes what is not shipped for a module that is not installed, which is what its packages expect. */
function absentModules(): Plugin {
  const prefix = '\0absent:'
  return {
    name: 'absent',
    async resolveId(id, importer) {
      if (ABSENT.test(id)) return prefix + id
      if (!OPTIONAL.test(id)) return null
      // Another package may depend on it: what is installed is bundled.
      return (await this.resolve(id, importer, { skipSelf: true })) ?? prefix + id
    },
    load(id) {
      if (!id.startsWith(prefix)) return null
      const text = JSON.stringify(`${id.slice(prefix.length)} is not part of this package`)
      return `throw Object.assign(new Error(${text}), { code: 'MODULE_NOT_FOUND' })`
    },
  }
}
