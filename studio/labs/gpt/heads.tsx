import { useState } from 'preact/hooks'
import { Canvas } from '../../kit/canvas/canvas.tsx'
import { matrix } from '../../kit/canvas/matrix.ts'
import { sequential } from '../../kit/canvas/theme.ts'
import { shown } from '../../kit/canvas/scale.ts'
import type { Look } from './shot.ts'
import { token } from './words.ts'

/** The weights of one head, `[T, T]`. */
const weightsOf = ({ attention, heads, tokens }: Look, layer: number, head: number): Float32Array => {
  const size = tokens.length ** 2
  const from = (layer * heads + head) * size
  return attention.subarray(from, from + size)
}

/** Every head as a small matrix; one of them large, with its tokens. A head can be switched off. */
export const Heads = ({
  look,
  off,
  setOff,
}: {
  readonly look: Look
  readonly off: readonly [number, number] | null
  readonly setOff: (head: readonly [number, number] | null) => void
}) => {
  const [[layer, head], choose] = useState<readonly [number, number]>([0, 0])
  const [one, two] = layer < look.layers && head < look.heads ? [layer, head] : [0, 0]
  const [row, setRow] = useState<number | null>(null)
  const T = look.tokens.length
  const weights = weightsOf(look, one, two)
  const from = Math.min(row ?? T - 1, T - 1)
  const seen = look.tokens
    .map((text, to) => ({ text, to, weight: weights[from * T + to]! }))
    .filter(({ to }) => to <= from)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, 8)
  const isOff = off !== null && off[0] === one && off[1] === two
  return (
    <div class="gpt-heads">
      <div class="gpt-grid" style={{ gridTemplateColumns: `repeat(${Math.min(look.heads, 8)}, minmax(0, 1fr))` }}>
        {Array.from({ length: look.layers * look.heads }, (_, i) => {
          const [l, h] = [Math.floor(i / look.heads), i % look.heads]
          return (
            <button
              key={`${l}.${h}`}
              type="button"
              class="gpt-head"
              aria-pressed={l === one && h === two}
              aria-label={`${l + 1}.${h + 1}: layer ${l + 1}, head ${h + 1}${off?.[0] === l && off[1] === h ? ', switched off' : ''}`}
              onClick={() => choose([l, h])}
            >
              <Canvas
                label={`Attention of layer ${l + 1}, head ${h + 1}`}
                describe=""
                aspect={1}
                draw={(ctx, size, theme) => {
                  matrix(
                    ctx,
                    { x: 0, y: 0, ...size },
                    {
                      values: weightsOf(look, l, h),
                      rows: T,
                      columns: T,
                      ramp: sequential(theme),
                      range: [0, 1],
                      theme,
                      numbers: false,
                    },
                  )
                }}
              />
              <small>
                {l + 1}.{h + 1}
              </small>
            </button>
          )
        })}
      </div>
      <div class="gpt-large">
        <Canvas
          label="The chosen head"
          describe={`Layer ${one + 1}, head ${two + 1}: the token ${token(look.tokens[from]!)} looks at ${seen.map(({ text, weight }) => `${token(text)} ${shown(weight)}`).join(', ')}.`}
          aspect={1}
          onHover={spot => spot && setRow(rowAt(spot.y))}
          draw={(ctx, size, theme) => {
            const drawn = matrix(
              ctx,
              { x: 0, y: 0, ...size },
              {
                values: weights,
                rows: T,
                columns: T,
                ramp: sequential(theme),
                range: [0, 1],
                theme,
                numbers: false,
                ...(T <= 40 && { rowLabels: look.tokens.map(token), columnLabels: look.tokens.map(token) }),
              },
            )
            rowAt = y => Math.max(0, Math.min(T - 1, Math.floor(((y - drawn.inner.y) / drawn.inner.height) * T)))
          }}
        />
        <div class="gpt-seen">
          <p>
            Layer {one + 1}, head {two + 1}: <b>{token(look.tokens[from]!)}</b> (token {from + 1}) looks at
          </p>
          <ul>
            {seen.map(({ text, to, weight }) => (
              <li key={to}>
                <code>{token(text)}</code> <span class="muted">token {to + 1}</span>{' '}
                <span>{(100 * weight).toFixed(1)} %</span>
              </li>
            ))}
          </ul>
          <button type="button" aria-pressed={isOff} onClick={() => setOff(isOff ? null : [one, two])}>
            {isOff ? 'Switch this head on' : 'Switch this head off'}
          </button>
          {isOff && <p class="muted">The last column of the table above shows what is left without it.</p>}
        </div>
      </div>
    </div>
  )
}

let rowAt = (_: number): number => 0
