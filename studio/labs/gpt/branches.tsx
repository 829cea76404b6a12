import type { Branch, Look } from './shot.ts'
import { token } from './words.ts'

/** A tree of what may come: each box filled as far as its token is likely after those before it. */
export const Branches = ({ look }: { readonly look: Look }) => (
  <div class="scroll">
    <div class="gpt-tree">
      <Level of={look.branches} />
    </div>
  </div>
)

const Level = ({ of }: { readonly of: readonly Branch[] }) => (
  <ul class="gpt-level">
    {of.map(({ id, text, probability, children }) => (
      <li key={id} class="gpt-branch">
        <div class="gpt-box" style={{ '--share': `${(100 * probability).toFixed(1)}%` }}>
          <code>{token(text)}</code> <small>{Math.round(100 * probability)} %</small>
        </div>
        {children.length > 0 && <Level of={children} />}
      </li>
    ))}
  </ul>
)
