import { Link } from 'react-router'
import { BUTTON_LINK } from '../parts/button.tsx'
import { Head } from '../parts/head.tsx'

/** An address without a page. */
export function Lost() {
  return (
    <>
      <Head sentence="There is no page at this address." more="A link that was cut off, or a page that is gone." />
      <Link to="/" className={BUTTON_LINK}>
        Go to Today
      </Link>
    </>
  )
}
