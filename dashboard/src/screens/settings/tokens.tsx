import { useActionState } from 'react'
import { useView } from '../../app/view.ts'
import { ApiProblem, api } from '../../data/api.ts'
import { queries, useApi } from '../../data/query.ts'
import { Act } from '../../parts/act.tsx'
import { Asked } from '../../parts/asked.tsx'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Field } from '../../parts/field.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { When } from '../../parts/when.tsx'

/** Tokens of programs: made, shown once, revoked. */
export function Tokens() {
  const query = useApi('GET /api/tokens')
  return (
    <>
      <Make />
      <Panel isFlush label="Tokens">
        <Asked query={query} what="the tokens">
          {({ tokens }) =>
            tokens.length === 0 ? (
              <Empty>No token yet. A program that asks the API needs one.</Empty>
            ) : (
              <Table label="Tokens" heads={['Name', 'Owner', 'Role', 'Made', 'Expires', '']}>
                {tokens.map((token) => (
                  <tr key={token.id}>
                    <Cell>{token.name}</Cell>
                    <Cell>{token.owner}</Cell>
                    <Cell>{token.role}</Cell>
                    <Cell>
                      <When at={token.createdAt} />
                    </Cell>
                    <Cell>
                      <When at={token.expiresAt} />
                    </Cell>
                    <Cell>
                      {token.revokedAt !== null ? (
                        'revoked'
                      ) : (
                        <Act
                          word="Revoke"
                          on={token.name}
                          says="ends the token from now on; a program that uses it is refused."
                          onSend={() => api('DELETE /api/tokens/{id}', { path: { id: token.id } })}
                        />
                      )}
                    </Cell>
                  </tr>
                ))}
              </Table>
            )
          }
        </Asked>
      </Panel>
    </>
  )
}

const ROLES = ['viewer', 'analyst', 'operator', 'admin'] as const

function Make() {
  const { me } = useView()
  const [made, make] = useActionState(async (_: string, form: FormData) => {
    try {
      const role = ROLES.find((each) => each === form.get('role')) ?? 'viewer'
      const { token } = await api('POST /api/tokens', { body: { name: String(form.get('name')), role, days: 30 } })
      await queries.invalidateQueries()
      return `Shown once: ${token}`
    } catch (error) {
      return error instanceof ApiProblem ? error.problem.detail : String(error)
    }
  }, '')
  const field = 'h-8 rounded-md border border-line-strong bg-bg px-2 text-text'
  return (
    <Panel title="A token for a program, for 30 days">
      <form action={make} className="flex flex-wrap items-end gap-3">
        <Field label="Name">
          <input name="name" required maxLength={100} autoComplete="off" className={field} />
        </Field>
        <Field label="Role">
          <select name="role" className={field}>
            {ROLES.slice(0, ROLES.indexOf(me.role) + 1).map((role) => (
              <option key={role}>{role}</option>
            ))}
          </select>
        </Field>
        <Button type="submit">Make a token</Button>
      </form>
      <output className="mt-2 block font-mono text-sm break-all">{made}</output>
    </Panel>
  )
}
