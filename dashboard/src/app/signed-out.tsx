/** Says how one gets in, without a form that could be imitated. */
export function SignedOut() {
  return (
    <main className="mx-auto mt-24 max-w-[60ch] rounded-lg border bg-panel p-6">
      <h1 className="text-xl font-semibold">You are not signed in.</h1>
      <p className="mt-2">
        On this machine, <code className="font-mono text-sm">npx daybreak serve</code> prints an address with a token,
        and <code className="font-mono text-sm">npx daybreak open</code> another. Each works once, for ten minutes. A
        server that was started again knows no earlier session.
      </p>
    </main>
  )
}
