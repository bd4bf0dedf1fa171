type ButtonProps = React.ButtonHTMLAttributes<HTMLButtonElement> & {
  /** The one thing to do on a screen. */
  readonly isMain?: boolean
}

const SHAPE =
  'inline-flex h-7 items-center rounded-md border px-2.5 text-sm font-medium whitespace-nowrap no-underline! disabled:opacity-50'
const PLAIN = 'border-line-strong bg-panel text-text hover:bg-sunk'
const MAIN = 'border-text bg-text text-bg hover:opacity-90'

/** Classes of a link that looks like a button. */
export const BUTTON_LINK = `${SHAPE} ${PLAIN}`

/** A button. One that asks first ends in an ellipsis; one that acts says on what. */
export function Button({ isMain = false, className = '', type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={`${SHAPE} ${isMain ? MAIN : PLAIN} ${className}`} {...rest} />
}
