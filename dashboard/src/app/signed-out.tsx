/** Says how one gets in, without a form that could be imitated. `signIn` is where a provider asks who one is; null without one. */
export function SignedOut({ signIn }: { readonly signIn: string | null }) {
  return (
    <main className="mx-auto mt-24 max-w-[60ch] rounded-lg border bg-panel p-6">
      <h1 className="text-xl font-semibold">You are not signed in.</h1>
      {signIn === null ? <ByLink /> : <ByProvider signIn={signIn} />}
    </main>
  )
}

function ByLink() {
  return (
    <p className="mt-2">
      On this machine, <code className="font-mono text-sm">npx daybreak serve</code> prints an address with a token, and{' '}
      <code className="font-mono text-sm">npx daybreak open</code> another. Each works once, for ten minutes. A server
      that was started again knows no earlier session.
    </p>
  )
}

function ByProvider({ signIn }: { readonly signIn: string }) {
  const { pathname, search } = window.location
  const to = new URLSearchParams({ to: `${pathname}${search}` })
  return (
    <p className="mt-2">
      <a className="underline" href={`${signIn}?${to}`}>
        Sign in
      </a>{' '}
      with the account of your organisation. A session lasts twelve hours.
    </p>
  )
}
