import './linear.css'
import { useState } from 'preact/hooks'
import { Canvas } from '../../kit/canvas/canvas.tsx'
import { shown } from '../../kit/canvas/scale.ts'
import { Explained } from '../../kit/explain.tsx'
import { Facts, Panel, Tiles } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'
import { explainGradient, explainLoss } from './explain.ts'
import { drawSurface } from './picture.ts'
import { PlanePanel } from './plane-panel.tsx'
import type { LinearShot } from './shot.ts'

export { Guide } from './guide.tsx'

/** Points in the table at first, and at most. */
const few = 8
const most = 200

/** The plane, the loss over the weights, the gradient and every point's loss. */
export const View = ({ session }: { readonly session: Session }) => {
  const shot = session.run.shot.value as LinearShot | null
  const [lit, light] = useState<number | null>(null)
  if (!shot) return null
  return (
    <Tiles wide={340}>
      <div class="linear-column">
        <PlanePanel session={session} shot={shot} lit={lit} light={light} />
        <GradientPanel session={session} shot={shot} />
      </div>
      <div class="linear-column">
        <SurfacePanel session={session} shot={shot} />
        <PointsPanel session={session} shot={shot} lit={lit} light={light} />
      </div>
    </Tiles>
  )
}

const SurfacePanel = ({ session, shot }: { readonly session: Session; readonly shot: LinearShot }) => {
  const { row, span, surface } = shot
  const [w1, w2, b] = shot.weights[row]!
  const [g1, g2] = shot.gradients[row]!
  return (
    <Panel title="Loss over the weights" note={`at b = ${shown(b)}`}>
      {shot.outputs > 1 && (
        <label class="linear-class">
          Weights of
          <select
            aria-label="Class whose weights are shown"
            value={String(row)}
            onChange={event => session.change({ shownClass: Number(event.currentTarget.value) })}
          >
            {shot.weights.map((_, k) => (
              <option key={k} value={String(k)}>
                {shot.classes[k] ?? `class ${k}`}
              </option>
            ))}
          </select>
        </label>
      )}
      <Canvas
        label="Loss over the weights"
        describe={`The loss for w1 and w2 from ${shown(-span)} to ${shown(span)}: from ${shown(Math.min(...surface))} to ${shown(Math.max(...surface))}. Now w1 = ${shown(w1)} and w2 = ${shown(w2)}; the gradient is (${shown(g1)}, ${shown(g2)}), the arrow points against it. The way so far has ${shot.path.length / 2} points.`}
        aspect={1.04}
        draw={(ctx, size, theme) => {
          drawSurface(ctx, size, shot, theme)
        }}
      />
    </Panel>
  )
}

const names = ['w1', 'w2', 'b'] as const

const GradientPanel = ({ session, shot }: { readonly session: Session; readonly shot: LinearShot }) => {
  const settings = session.settings.value as Settings
  const { loss, meanLoss, penalty, accuracy, zero } = shot.facts as Readonly<Record<string, number>>
  return (
    <Panel title="Loss and gradient" note="press a number">
      <Facts
        of={[
          [
            'Loss',
            <Explained
              key="loss"
              shown={shown(loss!)}
              explain={() => ({
                what: 'The mean of all points’ losses, and what the weights cost',
                formula:
                  settings.penalty === 'none'
                    ? 'L = mean ℓ'
                    : settings.penalty === 'l1'
                      ? 'L = mean ℓ + λ Σ |w|'
                      : 'L = mean ℓ + λ/2 · Σ w^2',
                numbers: `${shown(loss!)} = ${shown(meanLoss!)} + ${shown(penalty!)}`,
              })}
            />,
          ],
          ...(settings.penalty === 'none' ? [] : [['of it the penalty', shown(penalty!)] as const]),
          ['Accuracy', `${shown(100 * accuracy!)} %`],
          ...(settings.loss === 'hinge' ? [['Points with no loss', `${zero} of ${shot.y.length}`] as const] : []),
        ]}
      />
      <table class="linear-gradient">
        <thead>
          <tr>
            <th>of {shot.outputs > 1 ? (shot.classes[shot.row] ?? `class ${shot.row}`) : 'the line'}</th>
            <th>now</th>
            <th>gradient</th>
            <th>next step</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name, i) => (
            <tr key={name} data-parameter={name}>
              <td>{name}</td>
              <td>{shown(shot.weights[shot.row]![i]!)}</td>
              <td>
                <Explained
                  shown={shown(shot.gradients[shot.row]![i]!)}
                  explain={() => explainGradient(shot, settings, i as 0 | 1 | 2)}
                />
              </td>
              <td>
                <Explained
                  shown={shown(-settings.learningRate * shot.gradients[shot.row]![i]!)}
                  explain={() => ({
                    what: `What the next step adds to ${name}`,
                    formula: 'Δ = − η · gradient',
                    numbers: `${shown(-settings.learningRate * shot.gradients[shot.row]![i]!)} = − ${shown(settings.learningRate)} · ${shown(shot.gradients[shot.row]![i]!)}`,
                  })}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

const PointsPanel = ({
  session,
  shot,
  lit,
  light,
}: {
  readonly session: Session
  readonly shot: LinearShot
  readonly lit: number | null
  readonly light: (point: number | null) => void
}) => {
  const { loss } = session.settings.value as Settings
  const order = Array.from(shot.y, (_, i) => i).sort((a, b) => shot.losses[b]! - shot.losses[a]!)
  const [all, showAll] = useState(false)
  const seen = order.slice(0, all ? most : few)
  return (
    <Panel title="Every point" note={`${seen.length} of ${order.length}, largest loss first`}>
      <table class="linear-points">
        <thead>
          <tr>
            <th>no.</th>
            <th>class</th>
            <th>x, y</th>
            <th>{shot.outputs === 1 ? 'score' : 'its score'}</th>
            <th>loss</th>
          </tr>
        </thead>
        <tbody>
          {seen.map(i => (
            <tr
              key={i}
              class={i === lit ? 'linear-lit' : ''}
              onMouseEnter={() => light(i)}
              onMouseLeave={() => light(null)}
            >
              <td>{i + 1}</td>
              <td>
                <span class={`linear-key linear-key-${shot.y[i]}`} aria-hidden="true" />
                {shot.classes[shot.y[i]!]}
              </td>
              <td>
                {shown(shot.x[2 * i]!, 2)}, {shown(shot.x[2 * i + 1]!, 2)}
              </td>
              <td>{shown(shot.outputs === 1 ? shot.scores[i]! : shot.scores[i * shot.outputs + shot.y[i]!]!, 3)}</td>
              <td>
                <Explained shown={shown(shot.losses[i]!)} explain={() => explainLoss(shot, loss, i)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {order.length > few && (
        <button type="button" onClick={() => showAll(!all)}>
          {all ? `Only the ${few} largest` : order.length > most ? `The ${most} largest` : `All ${order.length}`}
        </button>
      )}
    </Panel>
  )
}
