import { DaybreakError } from '../../functions/errors.ts'
import { type Command, type CommandGroup, command } from '../command.ts'
import { completionScript, SHELLS } from '../completion.ts'

/** The command whose script makes a shell complete the commands of a group, and their flags. */
export function completionOf(root: CommandGroup): Command {
  return command({
    name: 'completion',
    remote: 'ignored',
    description: 'Print a completion script for bash, zsh or fish.',
    args: { shell: { type: 'positional', description: 'bash, zsh or fish.' } },
    examples: [
      'source <(daybreak completion bash)',
      'daybreak completion fish > ~/.config/fish/completions/daybreak.fish',
    ],
    async run({ args, output }) {
      const shell = SHELLS.find((name) => name === args.shell)
      if (!shell)
        throw new DaybreakError(
          'USAGE_INVALID',
          `There is no completion for "${args.shell}"; expected one of ${SHELLS.join(', ')}`,
        )
      return output.raw(await completionScript(shell, root))
    },
  })
}
