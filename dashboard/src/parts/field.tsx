/** A field with its label above it. */
export function Field({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child.
    <label className="flex flex-col gap-0.5 text-sm text-dim">
      {label}
      {children}
    </label>
  )
}
