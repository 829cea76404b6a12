import './backprop.css'
import { useRef, useState } from 'preact/hooks'
import { Canvas } from '../../kit/canvas/canvas.tsx'
import { shown } from '../../kit/canvas/scale.ts'
import { Explained } from '../../kit/explain.tsx'
import { Formula } from '../../kit/formula.tsx'
import { Panel } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import { explainGradient, explainStep, explainValue } from './explain.ts'
import { ExpressionPanel } from './expression-panel.tsx'
import { layout } from './layout.ts'
import { drawGraph, naturalSize } from './picture.ts'
import type { BackpropShot, Phase } from './shot.ts'

export { Guide } from './guide.tsx'

const words: Readonly<Record<Phase, string>> = {
  ready: 'only inputs are known',
  forward: 'values flow forward',
  backward: 'gradients flow back',
  done: 'all gradients are known',
}

/** As small as everything in the graph can still be read; beyond, it scrolls. */
const smallest = 0.8
/** A graph that is wider than this grows and shrinks with the page. */
const roomy = 620

/** The graph, what the last step did, and every number of every node. */
export const View = ({ session }: { readonly session: Session }) => {
  const shot = session.run.shot.value as BackpropShot | null
  const [chosen, choose] = useState<number | null>(null)
  const nodeAt = useRef<((x: number, y: number) => number | null) | null>(null)
  if (!shot) return null
  const plan = layout(shot.nodes, shot.edges)
  const natural = naturalSize(plan)
  const { title, lines } = explainStep(shot)
  const over = session.run.state.value === 'ended' || shot.step === shot.total
  return (
    <>
      <ExpressionPanel session={session} />
      <Panel
        title="Graph"
        note={
          <>
            step {shot.step} of {shot.total} <span class={`badge backprop-${shot.phase}`}>{words[shot.phase]}</span>
          </>
        }
      >
        <div class="scroll">
          <div style={{ minWidth: `${Math.round(natural.width * smallest)}px` }}>
            <Canvas
              label="Graph"
              describe={`The graph of ${shot.expression}. ${shot.nodes
                .map(
                  ({ text, value, gradient }) =>
                    `${text}: ${value === null ? 'no value yet' : shown(value)}${gradient === null ? '' : `, gradient ${shown(gradient)}`}`,
                )
                .join('; ')}.`}
              {...(natural.width > roomy
                ? { aspect: natural.width / natural.height }
                : { height: Math.max(190, natural.height) })}
              draw={(ctx, size, theme) => {
                nodeAt.current = drawGraph(ctx, size, shot, theme, { chosen })
              }}
              cursor="pointer"
              onPoint={({ x, y }) => choose(nodeAt.current?.(x, y) ?? null)}
            />
          </div>
        </div>
        <p class="backprop-legend">
          <span class="backprop-value">value</span>
          <span class="backprop-gradient">∂ gradient of the result</span>
          <span class="muted">on an edge: × local derivative, and what arrives</span>
        </p>
        <div class="backprop-step" aria-live="polite">
          <div>
            <b>{title}</b>
            {lines.map(line => (
              <div key={line}>{shot.phase === 'ready' ? line : <Formula of={line} />}</div>
            ))}
          </div>
          <button type="button" disabled={over || session.playing} onClick={() => session.run.advance(1)}>
            Next node
          </button>
        </div>
      </Panel>
      <Panel title="Every node" note="press a number">
        <div class="backprop-table">
          <table>
            <thead>
              <tr>
                <th>node</th>
                <th>value</th>
                <th>gradient</th>
              </tr>
            </thead>
            <tbody>
              {shot.nodes.map(({ text, kind, value, gradient }, i) => (
                <tr key={i} class={i === chosen || i === shot.current ? 'backprop-lit' : ''} data-node={text}>
                  <td>
                    <code>{text}</code> {kind === 'input' && <span class="muted">input</span>}
                  </td>
                  <td>
                    {value === null ? '–' : <Explained shown={shown(value)} explain={() => explainValue(shot, i)} />}
                  </td>
                  <td>
                    {kind === 'constant' ? (
                      <span class="muted">constant</span>
                    ) : gradient === null ? (
                      '–'
                    ) : (
                      <Explained shown={shown(gradient)} explain={() => explainGradient(shot, i)} />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </>
  )
}
