/** One instruction of a Dockerfile, its lines joined. */
export interface Instruction {
  readonly name: string
  /** `--from=warm` as `from`. */
  readonly flags: Readonly<Record<string, string>>
  /** Text after the flags. */
  readonly text: string
  /** The words of an exec form, or of a shell form split at blanks. */
  readonly words: readonly string[]
  readonly isExec: boolean
  /** Of its first line. */
  readonly line: number
}

export interface Stage {
  /** Its number, as text, where it has no name. */
  readonly name: string
  /** An image, or the name of an earlier stage. */
  readonly from: string
  readonly instructions: readonly Instruction[]
}

export interface Dockerfile {
  /** Defaults of the arguments before the first stage. */
  readonly args: Readonly<Record<string, string>>
  readonly stages: readonly Stage[]
}

/** Reads the subset of Dockerfiles that ours is written in. @throws {Error} for an instruction outside of it. */
export function parseDockerfile(text: string): Dockerfile {
  const instructions = logicalLines(text).map(toInstruction)
  const first = instructions.findIndex(({ name }) => name === 'FROM')
  const args = Object.fromEntries(instructions.slice(0, first).map(({ text }) => pair(text)))
  const stages: { name: string; from: string; instructions: Instruction[] }[] = []
  for (const instruction of instructions.slice(first)) {
    if (instruction.name !== 'FROM') {
      stages.at(-1)?.instructions.push(instruction)
      continue
    }
    const [from = '', , name = String(stages.length)] = instruction.words
    stages.push({ name, from: substitute(from, args), instructions: [] })
  }
  return { args, stages }
}

/** Replaces `${NAME}` by its value; one that is not known becomes empty, as Docker does. */
export function substitute(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}

/** `A=b` pairs of ENV, ARG and LABEL. */
export function pairs({ words }: Instruction): readonly (readonly [string, string])[] {
  return words.map(pair)
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

const KNOWN = new Set([
  ...['FROM', 'ARG', 'WORKDIR', 'COPY', 'RUN', 'ENV', 'USER'],
  ...['EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD', 'LABEL'],
])

function logicalLines(text: string): readonly { readonly text: string; readonly line: number }[] {
  const found: { text: string; line: number }[] = []
  let isOpen = false
  for (const [at, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const last = found.at(-1)
    const piece = line.replace(/\\$/, '').trim()
    if (isOpen && last) last.text = `${last.text} ${piece}`
    else found.push({ text: piece, line: at + 1 })
    isOpen = line.endsWith('\\')
  }
  return found
}

function toInstruction({ text, line }: { readonly text: string; readonly line: number }): Instruction {
  const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/s.exec(text) ?? []
  if (!KNOWN.has(name)) throw new Error(`Dockerfile:${line}: ${text.slice(0, 60)} is not understood here`)
  const [, flagText = '', body = ''] = /^((?:--[\w-]+=\S+\s+)*)(.*)$/s.exec(rest) ?? []
  const flags = Object.fromEntries(
    flagText
      .split(/\s+/)
      .filter(Boolean)
      .map((flag) => pair(flag.slice(2))),
  )
  const json = body.slice(body.indexOf('['))
  const isExec = json.endsWith(']') && isJson(json)
  return { name, flags, text: body, words: isExec ? JSON.parse(json) : body.split(/\s+/), isExec, line }
}

function isJson(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text))
  } catch {
    return false
  }
}
