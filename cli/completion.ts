import type { Args } from './args.ts'
import type { Command, CommandGroup } from './command.ts'
import { GLOBAL_ARGS } from './options.ts'

/** Shells that completion is written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
/** Shell that completion is written for. */
type Shell = (typeof SHELLS)[number]

/** Completions after a path of words: subcommands, and flags with their meaning. */
interface Node {
  /** Words after `daybreak`, with blanks between. */
  readonly path: string
  readonly words: readonly Word[]
}

interface Word {
  readonly word: string
  readonly description: string
}

/** The completion script of a shell for everything below a group. */
export async function completionScript(shell: Shell, root: CommandGroup): Promise<string> {
  const nodes = await nodesOf(root)
  return { bash, zsh, fish }[shell](nodes)
}

async function nodesOf(target: Command | CommandGroup): Promise<readonly Node[]> {
  const args: Args = target.kind === 'command' ? { ...target.args, ...GLOBAL_ARGS } : GLOBAL_ARGS
  const flags = Object.entries(args)
    .filter(([, arg]) => arg.type !== 'positional')
    .map(([name, arg]) => ({ word: `--${name}`, description: arg.description ?? '' }))
  if (target.kind === 'command') return [{ path: target.name, words: flags }]
  const children = await Promise.all(
    Object.entries(target.commands).map(async ([word, load]) => ({ word, child: await load() })),
  )
  const words = children.map(({ word, child }) => ({ word, description: child.description }))
  const below = await Promise.all(children.map(({ child }) => nodesOf(child)))
  return [{ path: target.name, words: [...words, ...flags] }, ...below.flat()]
}

function bash(nodes: readonly Node[]): string {
  const cases = nodes.map(({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`)
  return `_daybreak() {
  local path='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -* ]] || path="\${path:+$path }\${COMP_WORDS[i]}"
  done
  while :; do
    case "$path" in
${cases.join('\n')}
    esac
    [[ -n $words || -z $path ]] && break
    [[ $path == *' '* ]] && path="\${path% *}" || path=''
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [[ \${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _daybreak daybreak
`
}

function zsh(nodes: readonly Node[]): string {
  const described = ({ word, description }: Word) => `'${zshText(word)}:${zshText(description)}'`
  const cases = nodes.map(({ path, words }) => `    '${path}') items=(${words.map(described).join(' ')}) ;;`)
  return `#compdef daybreak
_daybreak() {
  local line='' word
  local -a items
  for word in "\${words[@]:1:$((CURRENT - 2))}"; do
    [[ $word == -* ]] || line="\${line:+$line }$word"
  done
  while :; do
    case "$line" in
${cases.join('\n')}
    esac
    [[ \${#items} -gt 0 || -z $line ]] && break
    [[ $line == *' '* ]] && line="\${line% *}" || line=''
  done
  _describe daybreak items || _files
}
compdef _daybreak daybreak
`
}

function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(':', '\\:')
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, words }) => {
    const condition =
      path === ''
        ? '__fish_use_subcommand'
        : path
            .split(' ')
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join('; and ')
    return words.map(({ word, description }) => {
      const what = word.startsWith('--') ? `-l '${word.slice(2)}'` : `-a '${word}'`
      return `complete -c daybreak -n '${condition}' ${what} -d '${description.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    })
  })
  return `${lines.join('\n')}\n`
}
