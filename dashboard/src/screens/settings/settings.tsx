import { Link, useParams } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { Lost } from '../../app/lost.tsx'
import { useView } from '../../app/view.ts'
import { api } from '../../data/api.ts'
import { useApi } from '../../data/query.ts'
import { Act } from '../../parts/act.tsx'
import { Asked } from '../../parts/asked.tsx'
import { BUTTON_LINK } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Tokens } from './tokens.tsx'

type Kind = 'rules' | 'channels' | 'policies' | 'rotations' | 'people' | 'digests'
type Answer = ApiAnswer<'GET /api/settings/{kind}'>['settings'][number]

const KINDS: Readonly<Record<Kind, string>> = {
  rules: 'What is told, and how urgent it is.',
  channels: 'Where messages go. Tokens are secrets, and appear by name only.',
  policies: 'Who is told first, and who when no one answers.',
  rotations: 'Who is on call, by week.',
  people: 'Who may see and do what, and where.',
  digests: 'The morning mail.',
}

/** Settings of one kind. A file of the project owns some; those are read only here. */
export function Settings() {
  const { kind: chosen = 'rules' } = useParams()
  if (chosen !== 'tokens' && !isKind(chosen)) return <Lost />
  return (
    <>
      <Head sentence={chosen === 'tokens' ? 'Tokens of programs.' : KINDS[chosen]} />
      <nav aria-label="Kinds of settings" className="mb-3 flex flex-wrap gap-1.5">
        {[...Object.keys(KINDS), 'tokens'].map((each) => (
          <Link
            key={each}
            to={`/settings/${each}`}
            aria-current={each === chosen ? 'page' : undefined}
            className={`${BUTTON_LINK} aria-[current]:bg-sunk aria-[current]:font-semibold`}
          >
            {each}
          </Link>
        ))}
      </nav>
      {chosen === 'tokens' ? <Tokens /> : <Listed kind={chosen} />}
    </>
  )
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text)
}

function Listed({ kind }: { readonly kind: Kind }) {
  const query = useApi('GET /api/settings/{kind}', { path: { kind } })
  return (
    <Panel isFlush label={kind}>
      <Asked query={query} what={`the ${kind}`}>
        {({ settings }) =>
          settings.length === 0 ? (
            <Empty>None yet. config/notify.yaml names {kind}; an admin can add some over the API as well.</Empty>
          ) : (
            <Table label={kind} heads={['Name', 'Defined in', 'As it is', '']}>
              {settings.map((setting) => (
                <tr key={setting.id}>
                  <Cell>{setting.id}</Cell>
                  <Cell>{setting.origin ?? `here, by ${setting.updatedBy ?? 'unknown'}`}</Cell>
                  <Cell isWide>
                    <code className="font-mono text-sm break-all whitespace-normal">
                      {JSON.stringify(setting.body)}
                    </code>
                  </Cell>
                  <Cell>
                    <Tries setting={setting} />
                  </Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Asked>
    </Panel>
  )
}

function Tries({ setting }: { readonly setting: Answer }) {
  const { me } = useView()
  if (me.role !== 'admin') return null
  const path = { id: setting.id }
  if (setting.kind === 'channels')
    return (
      <Act
        word="Send a test"
        on={setting.id}
        says="sends one message that says that it is a test."
        onSend={async () => {
          const { ok, message } = await api('POST /api/settings/channels/{id}:test', { path, body: {} })
          return ok ? '' : message
        }}
      />
    )
  if (setting.kind === 'rules')
    return (
      <Act
        word="Try"
        on={setting.id}
        says="tells what the rule would have said in the last 30 days. Nothing is sent."
        onSend={async () => (await api('POST /api/settings/rules/{id}:try', { path, body: {} })).sentence}
      />
    )
  return null
}
