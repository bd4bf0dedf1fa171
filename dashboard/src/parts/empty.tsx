/** Says why there is nothing, and what one can do next. */
export function Empty({ children }: { readonly children: React.ReactNode }) {
  return <p className="px-3 py-6 text-dim">{children}</p>
}
