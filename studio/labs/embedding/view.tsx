import './embedding.css'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Canvas } from '../../kit/canvas/canvas.tsx'
import { Points } from '../../kit/canvas/points.tsx'
import { rangeOf, shown } from '../../kit/canvas/scale.ts'
import { onScheme } from '../../kit/canvas/scheme.ts'
import { lightTheme, sequential, css, type Theme, themeOf } from '../../kit/canvas/theme.ts'
import { Curves } from '../../kit/curves.tsx'
import { Panel, Tiles } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import { Numbers } from './numbers.tsx'
import { coloursOf } from './picture.ts'
import { componentsPicture, screePicture } from './pictures.ts'
import { RowPart } from './row.tsx'
import type { Colouring, EmbeddingShot, RowAnswer } from './shot.ts'

export { Guide } from './guide.tsx'

/** The page's colours, and those after they have changed. */
const useTheme = (): Theme => {
  const [theme, setTheme] = useState<Theme>(lightTheme)
  useEffect(() => {
    const read = (): void => setTheme(themeOf(document.documentElement))
    read()
    return onScheme(read)
  }, [])
  return theme
}

/** Asks about a row, one question at a time; the latest row counts. */
const useRow = (session: Session, shot: EmbeddingShot | null, row: number): RowAnswer | null => {
  const [answer, setAnswer] = useState<RowAnswer | null>(null)
  const state = useRef({ asking: false, wanted: { row, shot } })
  useEffect(() => {
    if (!shot || shot.positions.length === 0) return
    state.current.wanted = { row, shot }
    if (state.current.asking) return
    const ask = async (): Promise<void> => {
      state.current.asking = true
      try {
        for (let asked: object | null = null; asked !== state.current.wanted; ) {
          asked = state.current.wanted
          setAnswer(await session.run.ask<RowAnswer>({ row: state.current.wanted.row }))
        }
      } catch {
        // The run was started anew: its next picture asks again.
      } finally {
        state.current.asking = false
      }
    }
    void ask()
  }, [shot, row, session])
  return answer
}

/** The points, what is known of one of them, and the principal components. */
export const View = ({ session }: { readonly session: Session }) => {
  const shot = session.run.shot.value as EmbeddingShot | null
  const theme = useTheme()
  const [hovered, setHovered] = useState<number | null>(null)
  const [picked, setPicked] = useState<number | null>(null)
  const [notice, setNotice] = useState<string | null>(null)
  const rows = (shot?.facts.rows as number | undefined) ?? 0
  const inside = (row: number | null): number | null => (row !== null && row < rows ? row : null)
  const [over, chosen] = [inside(hovered), inside(picked)]
  const row = over ?? chosen ?? 0
  const answer = useRow(session, shot, row)
  const colouring = shot?.colouring
  const colours = useMemo(
    () => Uint8Array.from(colouring ? coloursOf(colouring, theme).flat() : []),
    [colouring, theme],
  )
  if (!shot || !colouring) return null
  const { total, method, kept } = shot.facts
  const known = answer && answer.row < rows && answer.neighbours.every(i => i < rows) ? answer : null
  const { axes } = shot
  const name = method === 'pca' ? 'PCA' : 't-SNE'
  return (
    <>
      <Panel
        title={`${name}, ${axes} axes`}
        note={`showing ${rows.toLocaleString('en')} of ${Number(total).toLocaleString('en')} rows`}
      >
        {notice && <p class="muted">{notice}</p>}
        {shot.positions.length > 0 ? (
          <Points
            label="Points"
            describe={`${rows} points, coloured by ${colouring.name}.${typeof kept === 'number' ? ` ${(100 * kept).toFixed(1)} % of the neighbours in the data are neighbours here.` : ''}`}
            positions={shot.positions}
            dimensions={axes}
            colours={colours}
            aspect={1.75}
            selected={chosen}
            highlight={chosen !== null && known?.row === chosen ? known.neighbours : []}
            onHover={setHovered}
            onPick={setPicked}
            onNotice={setNotice}
          />
        ) : (
          <p class="muted">Nothing is placed yet: press Play or Step.</p>
        )}
        <Legend session={session} shot={shot} colouring={colouring} theme={theme} />
      </Panel>
      <Tiles wide={360}>
        <Panel
          title={`Row ${row}`}
          note={
            over !== null
              ? 'pointed at'
              : chosen !== null
                ? 'chosen: its neighbours are large'
                : 'point at one, or press it'
          }
        >
          {known?.row === row || known ? <RowPart answer={known} shot={shot} /> : <p class="muted">Asking …</p>}
          {chosen !== null && (
            <button type="button" onClick={() => setPicked(null)}>
              Choose none
            </button>
          )}
        </Panel>
        <Panel title="How it does">
          <Numbers shot={shot} />
          {method === 'tsne' && (
            <Curves
              series={session.run.series.value}
              of={['loss']}
              names={{ loss: 'KL' }}
              label="Divergence (KL, nats)"
              pinned={session.pinned.value}
              height={150}
              smoothing={false}
            />
          )}
        </Panel>
      </Tiles>
      <Tiles wide={360}>
        <Panel title="Explained variance" note="of the principal components">
          <Canvas
            label="Explained variance"
            describe={`Shares of variance: ${Array.from(shot.ratios.subarray(0, 10), share => shown(share, 3)).join(', ')}.`}
            aspect={1.7}
            draw={(ctx, size, now) => screePicture(ctx, size, shot, now)}
          />
        </Panel>
        <Panel title="Principal components" note="orange adds, blue takes off">
          <Canvas
            label="Principal components"
            describe={
              shot.pixels > 0
                ? `The first ${shot.components.length / shot.pixels ** 2} components as pictures of ${shot.pixels} by ${shot.pixels} pixels.`
                : loadings(shot)
            }
            aspect={1.7}
            draw={(ctx, size, now) => componentsPicture(ctx, size, shot, now)}
          />
        </Panel>
      </Tiles>
    </>
  )
}

const loadings = ({ components, columns }: EmbeddingShot): string =>
  [0, 1]
    .filter(i => (i + 1) * columns.length <= components.length)
    .map(
      i =>
        `Component ${i + 1}: ${columns
          .slice(0, 14)
          .map((name, j) => `${name} ${shown(components[i * columns.length + j]!, 2)}`)
          .join(', ')}.`,
    )
    .join(' ')

const Legend = ({
  session,
  shot,
  colouring,
  theme,
}: {
  readonly session: Session
  readonly shot: EmbeddingShot
  readonly colouring: Colouring
  readonly theme: Theme
}) => {
  const { classes, values, name } = colouring
  const [low, high] = rangeOf(values)
  const ramp = sequential(theme)
  return (
    <div class="embedding-legend">
      {shot.colours.length > 0 ? (
        <label>
          Colour by
          <select value={name} onChange={event => session.change({ colour: event.currentTarget.value })}>
            {shot.colours.map(column => (
              <option key={column} value={column}>
                {column}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <span>{name}</span>
      )}
      {classes ? (
        classes.map((word, k) => (
          <span key={word} class="embedding-class">
            <i style={{ background: theme.groups[k % theme.groups.length]! }} />
            {word}
          </span>
        ))
      ) : (
        <span class="embedding-class">
          {shown(low, 3)}
          <i
            class="embedding-ramp"
            style={{
              background: `linear-gradient(90deg, ${[60, 109, 158, 206, 255].map(at => css(ramp[at]!)).join(', ')})`,
            }}
          />
          {shown(high, 3)}
        </span>
      )}
    </div>
  )
}
