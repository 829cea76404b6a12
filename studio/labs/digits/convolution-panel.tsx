import { useRef, useState } from 'preact/hooks'
import { whole } from '../../kit/canvas/box.ts'
import { Canvas } from '../../kit/canvas/canvas.tsx'
import { type Matrix, matrix } from '../../kit/canvas/matrix.ts'
import { rangeOf, shown } from '../../kit/canvas/scale.ts'
import { diverging, sequential, type Theme } from '../../kit/canvas/theme.ts'
import { Explained } from '../../kit/explain.tsx'
import { Facts, Panel } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'
import type { Convolved } from './shot.ts'

/** The input with its zeros around. */
const padded = ({ side, input, padding }: Convolved): Float32Array => {
  const wide = side + 2 * padding
  const out = new Float32Array(wide * wide)
  for (let row = 0; row < side; row++)
    out.set(input.subarray(row * side, (row + 1) * side), (row + padding) * wide + padding)
  return out
}

/** The cell that stands out most. */
const loudest = ({ output, outputSide }: Convolved): readonly [number, number] => {
  let best = 0
  for (let i = 0; i < output.length; i++) if (Math.abs(output[i]!) > Math.abs(output[best]!)) best = i
  return [Math.floor(best / outputSide), best % outputSide]
}

const frame = (
  ctx: CanvasRenderingContext2D,
  at: Matrix,
  cells: readonly [number, number, number],
  theme: Theme,
  thick: boolean,
) => {
  const [row, column, size] = cells
  const [from, to] = [at.boxOf(row, column), at.boxOf(row + size - 1, column + size - 1)]
  ctx.save()
  ctx.strokeStyle = thick ? theme.accent : theme.muted
  ctx.lineWidth = thick ? 2.5 : 1
  if (!thick) ctx.setLineDash([4, 3])
  ctx.strokeRect(from.x - 0.5, from.y - 0.5, to.x + to.width - from.x, to.y + to.height - from.y)
  ctx.restore()
}

/** One kernel slid over one image: hover a cell of the output, and see the window that it comes from. */
export const ConvolutionPanel = ({
  session,
  convolved,
}: {
  readonly session: Session
  readonly convolved: Convolved
}) => {
  const [chosen, choose] = useState<readonly [number, number] | null>(null)
  const drawn = useRef<Matrix | null>(null)
  const { side, kernelSide, kernel, stride, padding, outputSide, output } = convolved
  const inside = chosen !== null && chosen[0] < outputSide && chosen[1] < outputSide
  const [row, column] = inside ? chosen : loudest(convolved)
  const wide = side + 2 * padding
  const values = padded(convolved)
  const [top, left] = [row * stride, column * stride]
  const terms = Array.from(kernel, (weight, i) => ({
    weight,
    value: values[(top + Math.floor(i / kernelSide)) * wide + left + (i % kernelSide)]!,
  })).filter(({ weight }) => weight !== 0)
  const result = output[row * outputSide + column]!
  const signed = (v: number): string => (v < 0 ? `(${shown(v, 3)})` : shown(v, 3))
  const point = (x: number, y: number): void => {
    const cell = drawn.current?.cellAt(x, y)
    if (cell) choose(cell)
  }
  return (
    <Panel title="One convolution" note="point at a cell of the output: its window is framed in the input">
      <div class="digits-one">
        <figure>
          <figcaption>
            Input {side} × {side}
            {padding > 0 && `, ${padding} ${padding > 1 ? 'zeros' : 'zero'} around`}
          </figcaption>
          <Canvas
            label="Input"
            describe={`The framed window begins at row ${top + 1}, column ${left + 1} and holds ${Array.from({ length: kernelSide }, (_, r) => Array.from({ length: kernelSide }, (_, c) => shown(values[(top + r) * wide + left + c]!, 3)).join(' ')).join('; ')}.`}
            aspect={1}
            draw={(ctx, size, theme) => {
              const at = matrix(ctx, whole(size, 2), {
                values,
                rows: wide,
                columns: wide,
                ramp: sequential(theme),
                range: [0, 1],
                theme,
              })
              if (padding > 0) frame(ctx, at, [padding, padding, side], theme, false)
              frame(ctx, at, [top, left, kernelSide], theme, true)
            }}
          />
        </figure>
        <Kernel session={session} convolved={convolved} />
        <figure>
          <figcaption>
            Output {outputSide} × {outputSide}
          </figcaption>
          <Canvas
            label="Output"
            describe={`${outputSide} by ${outputSide} cells from ${shown(Math.min(...output))} to ${shown(Math.max(...output))}; the chosen one is ${shown(result)}.`}
            aspect={1}
            step={14}
            onHover={spot => spot && point(spot.x, spot.y)}
            onPoint={spot => point(spot.x, spot.y)}
            draw={(ctx, size, theme) => {
              drawn.current = matrix(ctx, whole(size, 2), {
                values: output,
                rows: outputSide,
                columns: outputSide,
                ramp: diverging(theme),
                range: rangeOf(output, { balanced: true }),
                theme,
                highlight: [row, column],
              })
            }}
          />
        </figure>
      </div>
      <Facts
        of={[
          [
            `Output at row ${row + 1}, column ${column + 1}`,
            <Explained
              key="cell"
              shown={shown(result)}
              explain={() => ({
                what: 'Each weight times the cell under it, all added up',
                formula: 'y = Σ_{ij} w_{ij} · x_{ij}',
                numbers: `${shown(result)} = ${terms.map(({ weight, value }) => `${signed(weight)}·${signed(value)}`).join(' + ') || '0'}${terms.length < kernel.length ? '   (weights that are 0 are left out)' : ''}`,
              })}
            />,
          ],
          [
            'Rows and columns of the output',
            <Explained
              key="size"
              shown={`${outputSide}`}
              explain={() => ({
                what: 'How often the window fits',
                formula: 'out = ⌊(n + 2p − k) / s⌋ + 1',
                numbers: `${outputSide} = ⌊(${side} + 2·${padding} − ${kernelSide}) / ${stride}⌋ + 1`,
              })}
            />,
          ],
        ]}
      />
    </Panel>
  )
}

/** The weights, to be changed cell by cell. */
const Kernel = ({
  session,
  convolved: { kernel, kernelSide },
}: {
  readonly session: Session
  readonly convolved: Convolved
}) => {
  const { kernel: name } = session.settings.value as Settings
  const put = (at: number, text: string): void => {
    const weight = Number(text.replace('−', '-').replace(',', '.'))
    if (text.trim() === '' || !Number.isFinite(weight) || Math.abs(weight) > 100) return
    session.change({
      kernel: 'own',
      ownKernel: Array.from(kernel, (w, i) => (i === at ? weight : Number(w.toPrecision(6)))),
    })
  }
  return (
    <figure class="digits-kernel">
      <figcaption>
        Kernel {kernelSide} × {kernelSide}
        {name === 'own' && ', my own'}
      </figcaption>
      <div class={`digits-cells digits-cells-${kernelSide}`}>
        {Array.from(kernel, (weight, i) => (
          <input
            key={`${name}${kernelSide}${i}`}
            type="text"
            inputMode="decimal"
            aria-label={`Kernel row ${Math.floor(i / kernelSide) + 1}, column ${(i % kernelSide) + 1}`}
            value={String(Number(weight.toPrecision(kernelSide === 3 ? 4 : 2)))}
            class={weight > 0 ? 'more' : weight < 0 ? 'less' : ''}
            onChange={e => put(i, e.currentTarget.value)}
          />
        ))}
      </div>
      <p class="muted">Type into a cell to make a kernel of your own.</p>
    </figure>
  )
}
