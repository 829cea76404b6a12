import type { ComponentChildren, RefObject } from 'preact'

/** A table that scrolls. */
export const LongTable = ({
  label,
  children,
  refTo,
}: {
  readonly label: string
  readonly children: ComponentChildren
  readonly refTo?: RefObject<HTMLElement | null>
}) => (
  <section
    class="scroll tokenizer-long"
    aria-label={label}
    {...(refTo && { ref: refTo })}
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
    tabIndex={0}
  >
    <table>{children}</table>
  </section>
)
