import './classics.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Axes } from '../../kit/canvas/axes.ts'
import { Canvas, type Spot } from '../../kit/canvas/canvas.tsx'
import { type Matrix, matrix } from '../../kit/canvas/matrix.ts'
import { shown } from '../../kit/canvas/scale.ts'
import { sequential } from '../../kit/canvas/theme.ts'
import { Curves } from '../../kit/curves.tsx'
import { Explained } from '../../kit/explain.tsx'
import { Facts, Panel, Tiles } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'
import { picture } from './picture.ts'
import { RocPart } from './roc.tsx'
import { type ClassicsShot, classifierNames, type Reason } from './shot.ts'
import { Why } from './why.tsx'

export { Guide } from './guide.tsx'

type Place = readonly [number, number]
type Cell = readonly [actual: number, taken: number]
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
/** Names begin in small letters among the settings, and with a capital as a title. */
const spoken = (name: string): string => name[0]!.toUpperCase() + name.slice(1)
const say = (value: number): string => shown(value, 4)

/** Asks why at a place, one question at a time; the latest place and picture count. */
const useReason = (session: Session, shot: ClassicsShot | null, at: Place): Reason | null => {
  const [reason, setReason] = useState<Reason | null>(null)
  const state = useRef({ asking: false, wanted: { at, shot } })
  useEffect(() => {
    if (!shot || shot.map.length === 0) return
    state.current.wanted = { at, shot }
    if (state.current.asking) return
    const ask = async (): Promise<void> => {
      state.current.asking = true
      try {
        for (let asked: object | null = null; asked !== state.current.wanted; ) {
          asked = state.current.wanted
          setReason(await session.run.ask<Reason | null>({ at: state.current.wanted.at }))
        }
      } catch {
        // The run was started anew: its next picture asks again.
      } finally {
        state.current.asking = false
      }
    }
    void ask()
  }, [shot, at, session])
  return reason
}

/** Regions, why a place is given its class, the confusion matrix with its points, and the ROC curve. */
export const View = ({ session }: { readonly session: Session }) => {
  const shot = session.run.shot.value as ClassicsShot | null
  const [at, setAt] = useState<Place>([0.2, 0.1])
  const [cell, setCell] = useState<Cell | null>(null)
  const made = useRef<Axes | null>(null)
  const found = useReason(session, shot, at)
  if (!shot) return null
  const settings = session.settings.value as Settings
  const { classifier } = settings
  const clusters = shot.facts.classifier === 'kMeans'
  // An answer of another model than the one that is drawn is not shown.
  const reason =
    found && kindsOf[shot.facts.classifier as keyof typeof kindsOf] === found.kind && fits(found, shot) ? found : null
  const from = clusters ? 0 : shot.trained
  const marked = cell
    ? Array.from(shot.predicted.keys()).filter(i => i >= from && shot.y[i] === cell[0] && shot.predicted[i] === cell[1])
    : []
  const point = (spot: Spot | null): void => {
    if (!spot || !made.current) return
    const { reach } = shot
    const [x, y] = [made.current.xOf(spot.x), made.current.yOf(spot.y)]
    if (Math.abs(x) <= reach && Math.abs(y) <= reach) setAt([Number(x.toFixed(3)), Number(y.toFixed(3))])
  }
  return (
    <Tiles wide={300}>
      <div class="classics-side">
        <Panel
          title={spoken(classifierNames[classifier])}
          note={
            clusters
              ? 'diamonds: centres; colours: clusters'
              : settings.showTest
                ? 'hollow: test points'
                : 'training points'
          }
        >
          <Canvas
            label="Decision regions"
            describe={describe(shot)}
            aspect={1.08}
            cursor="crosshair"
            onHover={point}
            onPoint={point}
            draw={(ctx, size, theme) => {
              made.current = picture(ctx, size, shot, theme, { showTest: settings.showTest, marked, reason })
            }}
          />
        </Panel>
        <Panel title="How it does">
          <Scores shot={shot} />
        </Panel>
        <Panel
          title={clusters ? 'Classes and clusters' : 'Confusion matrix'}
          note={clusters ? 'all points; press a cell' : 'test points; press a cell'}
        >
          <Confusion shot={shot} cell={cell} onCell={setCell} />
          <CellList shot={shot} cell={cell} points={marked} onClear={() => setCell(null)} />
        </Panel>
      </div>
      <div class="classics-side">
        <Panel title="Why here?" note="point at the plane">
          {reason ? <Why reason={reason} shot={shot} /> : <p class="muted">Asking …</p>}
        </Panel>
        {clusters ? (
          <Panel title="Inertia" note="sum of squared distances to the own centre">
            <Curves
              series={session.run.series.value}
              of={['loss']}
              names={{ loss: 'inertia' }}
              label="Inertia"
              smoothing={false}
            />
          </Panel>
        ) : (
          <Panel title="ROC curve" note="one class against the rest, test points">
            {shot.map.length > 0 && <RocPart session={session} shot={shot} />}
          </Panel>
        )}
      </div>
    </Tiles>
  )
}

const kindsOf = {
  neighbours: 'neighbours',
  tree: 'tree',
  forest: 'forest',
  bayes: 'bayes',
  svm: 'scores',
  logistic: 'scores',
  lda: 'scores',
  kMeans: 'kMeans',
} as const

/** Whether an answer speaks of the points and classes that are shown. */
const fits = (reason: Reason, shot: ClassicsShot): boolean =>
  reason.predicted < shot.outcomes.length &&
  (reason.kind === 'kMeans'
    ? reason.distances.length === shot.outcomes.length
    : reason.chances.length === shot.classes.length) &&
  (reason.kind !== 'neighbours' || reason.neighbours.every(({ point }) => point < shot.trained))

const describe = ({ facts, classes, y, trained }: ClassicsShot): string =>
  facts.inertia === undefined
    ? `${trained} training and ${y.length - trained} test points of ${classes.length} classes and the regions predicted; accuracy ${percent((facts.trainAccuracy as number) ?? 0)} on training points, ${percent((facts.testAccuracy as number) ?? 0)} on test points.`
    : `${y.length} points and the regions of ${(facts.centres as unknown[]).length} centres after ${facts.iterations} iterations; inertia ${say(facts.inertia as number)}.`

const Scores = ({ shot }: { readonly shot: ClassicsShot }) => {
  const { facts, confusion, y, trained } = shot
  if (shot.map.length === 0) return <p class="muted">Nothing is fitted yet.</p>
  if (facts.inertia !== undefined) {
    const { inertia, iterations, adjustedRand } = facts as Record<string, number>
    return (
      <Facts
        of={[
          [
            'Inertia',
            <Explained
              key="inertia"
              shown={say(inertia!)}
              explain={() => ({
                what: 'Squared distances of all points to the centre of their cluster',
                formula: 'inertia = sum |x_i − c(x_i)|^2',
                numbers: `${say(inertia!)} = ${y.length} · ${say(inertia! / y.length)}`,
              })}
            />,
          ],
          ['Iterations', iterations],
          ['Agreement with the classes (adjusted Rand)', say(adjustedRand!)],
        ]}
      />
    )
  }
  const { trainAccuracy, testAccuracy } = facts as Record<string, number>
  const right = confusion.reduce((sum, row, k) => sum + row[k]!, 0)
  return (
    <Facts
      of={[
        [
          'Accuracy on test points',
          <Explained
            key="test"
            shown={percent(testAccuracy!)}
            explain={() => ({
              what: 'Share of test points that are given their own class',
              formula: 'accuracy = right / all',
              numbers: `${say(testAccuracy!)} = ${right} / ${y.length - trained}`,
            })}
          />,
        ],
        ['Accuracy on training points', percent(trainAccuracy!)],
        ...(facts.supportVectors !== undefined
          ? [['Support vectors (ringed)', `${facts.supportVectors} of ${trained}`] as const]
          : []),
      ]}
    />
  )
}

const Confusion = ({
  shot,
  cell,
  onCell,
}: {
  readonly shot: ClassicsShot
  readonly cell: Cell | null
  readonly onCell: (cell: Cell | null) => void
}) => {
  const last = useRef<Matrix | null>(null)
  const { confusion, classes, outcomes } = shot
  return (
    <Canvas
      label="Confusion matrix"
      describe={confusion
        .map((row, k) => `Of ${classes[k]}: ${row.map((n, j) => `${n} as ${outcomes[j]}`).join(', ')}.`)
        .join(' ')}
      height={70 + Math.max(30, Math.min(48, 260 / classes.length)) * classes.length}
      cursor="pointer"
      step={24}
      onPoint={spot => onCell(last.current?.cellAt(spot.x, spot.y) ?? null)}
      draw={(ctx, size, theme) => {
        last.current = matrix(
          ctx,
          { x: 0, y: 0, ...size },
          {
            values: confusion.flat(),
            rows: classes.length,
            columns: outcomes.length,
            ramp: sequential(theme),
            theme,
            rowLabels: classes,
            columnLabels: outcomes,
            rowTitle: 'true',
            columnTitle: shot.facts.classifier === 'kMeans' ? 'cluster' : 'predicted',
            numbers: true,
            square: false,
            highlight: cell && cell[0] < classes.length && cell[1] < outcomes.length ? cell : null,
          },
        )
      }}
    />
  )
}

/** The points of the cell that was pressed. */
const CellList = ({
  shot,
  cell,
  points,
  onClear,
}: {
  readonly shot: ClassicsShot
  readonly cell: Cell | null
  readonly points: readonly number[]
  readonly onClear: () => void
}) => {
  if (!cell) return <p class="muted">Press a cell: its points are shown on the plane.</p>
  const places = points.slice(0, 12).map(i => `(${shown(shot.x[2 * i]!, 2)}, ${shown(shot.x[2 * i + 1]!, 2)})`)
  return (
    <div class="classics-cell" role="status">
      <p>
        <b>{points.length}</b> {points.length === 1 ? 'point' : 'points'} of {shot.classes[cell[0]]} taken for{' '}
        {shot.outcomes[cell[1]]}
        {places.length > 0 &&
          `: ${places.join(', ')}${points.length > places.length ? ` and ${points.length - places.length} more` : ''}`}
        .
      </p>
      <button type="button" onClick={onClear}>
        Show all points
      </button>
    </div>
  )
}
