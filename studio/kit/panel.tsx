import type { ComponentChildren } from 'preact'

/** A titled part of a page. */
export const Panel = ({
  title,
  children,
  note,
  class: name = '',
}: {
  readonly title: string
  readonly children: ComponentChildren
  /** What stands beside the title. */
  readonly note?: ComponentChildren
  readonly class?: string
}) => (
  <section class={`panel ${name}`} aria-label={title}>
    <header>
      <h2>{title}</h2>
      {note !== undefined && <span class="muted">{note}</span>}
    </header>
    {children}
  </section>
)

/** Pictures side by side, as many as there is room for. */
export const Tiles = ({ children, wide = 320 }: { readonly children: ComponentChildren; readonly wide?: number }) => (
  <div class="tiles" style={{ '--tile': `${wide}px` }}>
    {children}
  </div>
)

/** Named values in two columns. */
export const Facts = ({ of }: { readonly of: readonly (readonly [name: string, value: ComponentChildren])[] }) => (
  <dl class="facts">
    {of.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)
