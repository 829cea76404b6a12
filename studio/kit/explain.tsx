import { useId, useState } from 'preact/hooks'
import { Formula } from './formula.tsx'

/** How a number came about. */
export interface Explanation {
  /** What it is, in a few words. */
  readonly what: string
  /** `a = b · c`, in the notation of {@link Formula}. */
  readonly formula: string
  /** The formula with the actual operands: `0.06 = 0.2 · 0.3`. */
  readonly numbers: string
}

/** A number that says where it comes from when it is pressed. */
export const Explained = ({ shown, explain }: { readonly shown: string; readonly explain: () => Explanation }) => {
  const id = useId()
  const [open, setOpen] = useState<Explanation | null>(null)
  return (
    <span class="explained">
      <button
        type="button"
        class="number"
        aria-expanded={open !== null}
        aria-controls={id}
        onClick={() => setOpen(open ? null : explain())}
        onKeyDown={event => event.key === 'Escape' && setOpen(null)}
      >
        {shown}
      </button>
      {open && (
        <span class="explanation" id={id} role="note">
          <b>{open.what}</b>
          <Formula of={open.formula} />
          <Formula of={open.numbers} />
        </span>
      )}
    </span>
  )
}
