import type { Piece } from './shot.ts'
import { visible } from './words.ts'

/** Ends a line where the text does. */
const endsLine = ({ kind, text }: Piece): boolean => kind === 'text' && text.endsWith('\n')

/** A text as its tokens: a box for each, in turns of five colours; pressed, one is looked at. */
export const TokenText = ({
  label,
  pieces,
  ids,
  chosen,
  choose,
}: {
  readonly label: string
  readonly pieces: readonly Piece[]
  readonly ids: boolean
  readonly chosen: number | null
  readonly choose: (index: number) => void
}) => (
  <section class="tokenizer-text" aria-label={label} data-tokens={pieces.length}>
    {pieces.map((piece, i) => (
      <span key={i} class="tokenizer-place">
        <button
          type="button"
          class={`tokenizer-token tokenizer-of-${piece.kind} tokenizer-colour-${i % 5}`}
          aria-pressed={chosen === i}
          title={`token ${i + 1}: id ${piece.id}`}
          onClick={() => choose(i)}
        >
          <span class="tokenizer-word">{visible(piece.text)}</span>
          {ids && <small>{piece.id}</small>}
        </button>
        {endsLine(piece) && <span class="tokenizer-break" />}
      </span>
    ))}
  </section>
)
