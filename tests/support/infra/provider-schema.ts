import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** An attribute as Terraform's provider protocol describes it; the type is cty's JSON. */
export interface AttributeSchema {
  readonly name: string
  readonly type: unknown
  readonly required: boolean
  readonly optional: boolean
  readonly computed: boolean
}

export interface BlockSchema {
  readonly attributes: readonly AttributeSchema[]
  readonly blocks: readonly NestedBlockSchema[]
}

export interface NestedBlockSchema {
  readonly name: string
  readonly block: BlockSchema
  readonly nesting: 'LIST' | 'SET'
  readonly least: number
  readonly most: number
}

const LIB = join(dirname(createRequire(import.meta.url).resolve('@cdktf/provider-google/package.json')), 'lib')

/** Schema of a resource type, or of the provider, read off the bindings that were generated from the provider's own schema. */
export function schemaOf(type: string): BlockSchema {
  const folder = type === 'google' ? 'provider' : type.replace(/^google_/, '').replaceAll('_', '-')
  const source = readFileSync(join(LIB, folder, 'index.js'), 'utf8')
  const types = readFileSync(join(LIB, folder, 'index.d.ts'), 'utf8')
  return rootBlock({ source, types })
}

interface Bindings {
  readonly source: string
  readonly types: string
}

function rootBlock(bindings: Bindings): BlockSchema {
  const [, body = ''] = /synthesizeHclAttributes\(\) \{\s+const attrs = \{(.*?)\n {8}\};/s.exec(bindings.source) ?? []
  const [, config = ''] =
    /export interface (\w+Config) extends cdktf\.Terraform(?:MetaArguments|ProviderConfig)?/.exec(bindings.types) ??
    rootInterface(bindings)
  const block = blockOf(body, config, bindings)
  // `id` is there whether or not the bindings let it be set.
  const known = new Set([...block.attributes, ...block.blocks].map(({ name }) => name))
  return { ...block, attributes: [...block.attributes, ...computedOf(bindings).filter(({ name }) => !known.has(name))] }
}

function rootInterface({ types }: Bindings): RegExpExecArray {
  const found = /export interface (\w+ProviderConfig)\b/.exec(types)
  if (!found) throw new Error('the bindings have no configuration')
  return found
}

function blockOf(body: string, interfaceName: string, bindings: Bindings): BlockSchema {
  const required = requiredOf(interfaceName, bindings)
  const entries = [
    ...body.matchAll(
      /^\s+(\w+): \{\s+value: (.*?),\s+isBlock: (true|false),\s+type: "(\w+)",\s+storageClassType: "(\w+)",\s+\},/gm,
    ),
  ]
  const members = entries.map(([, name = '', value = '', isBlock, shape = '', storage = '']) => {
    const [, property = ''] = /\((?:this\._|struct\.)(\w+)(?:\.internalValue)?\)$/.exec(value) ?? []
    if (!property) throw new Error(`the bindings say how to write ${name} in a way that this does not read: ${value}`)
    return { name, value, isBlock: isBlock === 'true', shape, storage, isRequired: required.has(property) }
  })
  return {
    attributes: members.filter(({ isBlock }) => !isBlock).map(attributeOf),
    blocks: members.filter(({ isBlock }) => isBlock).map((member) => nestedOf(member, bindings)),
  }
}

interface Member {
  readonly name: string
  readonly value: string
  readonly shape: string
  readonly storage: string
  readonly isRequired: boolean
}

// An optional attribute may be computed as well; for checking what is written, that makes no difference.
function attributeOf({ name, shape, storage, isRequired }: Member): AttributeSchema {
  return { name, type: ctyOf(shape, storage), required: isRequired, optional: !isRequired, computed: !isRequired }
}

const SIMPLE: Readonly<Record<string, string>> = { string: 'string', number: 'number', boolean: 'bool' }

function ctyOf(shape: string, storage: string): unknown {
  const element = SIMPLE[storage.replace(/(Map|List|Set)$/, '')]
  if (shape === 'simple') return element ?? 'dynamic'
  return element ? [shape, element] : 'dynamic'
}

function nestedOf({ name, value, shape, storage, isRequired }: Member, bindings: Bindings): NestedBlockSchema {
  const [, writer = ''] = /(\w+)ToHclTerraform/.exec(value.replace('cdktf.listMapperHcl', '')) ?? []
  const start = bindings.source.indexOf(`function ${writer}ToHclTerraform(`)
  const [, body = ''] = /const attrs = \{(.*?)\n {4}\};/s.exec(bindings.source.slice(start)) ?? []
  const isList = value.includes('listMapperHcl')
  return {
    name,
    block: blockOf(body, storage.replace(/List$|Set$/, ''), bindings),
    nesting: shape === 'set' ? 'SET' : 'LIST',
    least: isRequired ? 1 : 0,
    most: isList ? 0 : 1,
  }
}

function requiredOf(interfaceName: string, { types }: Bindings): ReadonlySet<string> {
  const [, body = ''] = new RegExp(`export interface ${interfaceName}\\b[^{]*\\{(.*?)\\n\\}`, 's').exec(types) ?? []
  return new Set([...body.matchAll(/^ {4}readonly (\w+): /gm)].map(([, name = '']) => name))
}

/** Attributes of a resource that are read-only: the getters of its class. */
function computedOf({ source }: Bindings): readonly AttributeSchema[] {
  const root = source.slice(source.lastIndexOf('\nclass '))
  const getters = [...root.matchAll(/return this\.get(String|Number|Boolean|List|StringMap)Attribute\('(\w+)'\)/g)]
  return getters.map(([, kind = '', name = '']) => ({
    name,
    type: {
      String: 'string',
      Number: 'number',
      Boolean: 'bool',
      List: ['list', 'string'],
      StringMap: ['map', 'string'],
    }[kind],
    required: false,
    optional: false,
    computed: true,
  }))
}
