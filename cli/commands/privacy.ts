import { rotateHashKey } from '../../functions/compose/rotate-key.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { actorOf } from '../actor.ts'
import { command, group } from '../command.ts'
import { withDaybreak } from '../open.ts'

const rotate = command({
  name: 'privacy rotate-key',
  description: 'Use another key for hashed columns from now on. Guests get other pseudonyms than before.',
  args: {},
  async run(call) {
    if (!call.options.yes) {
      throw new DaybreakError(
        'USAGE_INVALID',
        'another key gives every guest another pseudonym, so histories before and after do not join; add --yes to do it',
      )
    }
    const { options, context, output } = call
    const project = await loadProject({ ...options, env: context.env })
    const actor = actorOf(context)
    const { before, now } = await withDaybreak(call, ({ ports }) => rotateHashKey(project, { actor }, ports))
    await output.record({ before, now })
    await output.text(
      'Next: `daybreak backfill PIPELINE --start-date D --end-date D --from-archive` hashes earlier days with the new key.',
    )
    return 0
  },
})

/** Keys of personal data. */
export const privacy = group({
  name: 'privacy',
  description: 'Keys of hashed columns.',
  commands: { 'rotate-key': async () => rotate },
})
