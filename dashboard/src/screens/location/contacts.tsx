import { useApi } from '../../data/query.ts'
import { Panel } from '../../parts/panel.tsx'

/** People to ask about files of a location. Without any in the configuration there is nothing to show. */
export function Contacts({ shard }: { readonly shard: string }) {
  const query = useApi('GET /api/locations/{shard}', { path: { shard } })
  const contacts = query.data?.contacts ?? []
  if (contacts.length === 0) return null
  return (
    <Panel title="Who to ask">
      <ul className="grid gap-2">
        {contacts.map(({ name, role, email, phone }) => (
          <li key={`${name}/${email}/${phone}`}>
            <strong className="font-semibold">{name}</strong>
            {role !== null && <span className="text-dim">, {role}</span>}
            <span className="flex flex-wrap gap-x-4">
              {phone !== null && (
                <a href={`tel:${phone.replaceAll(/[^+\d]/g, '')}`} className="underline">
                  {phone}
                </a>
              )}
              {email !== null && (
                <a href={`mailto:${email}`} className="underline">
                  {email}
                </a>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
