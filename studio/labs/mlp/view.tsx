import './mlp.css'
import { Canvas } from '../../kit/canvas/canvas.tsx'
import { heatMap } from '../../kit/canvas/heat-map.ts'
import { histogram } from '../../kit/canvas/bars.ts'
import { matrix } from '../../kit/canvas/matrix.ts'
import { shown } from '../../kit/canvas/scale.ts'
import { diverging, sequential } from '../../kit/canvas/theme.ts'
import { Explained } from '../../kit/explain.tsx'
import { Facts, Panel, Tiles } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'
import { type MlpShot, side } from './shot.ts'
import { picture } from './picture.ts'

export { Guide } from './guide.tsx'

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** The boundary, every hidden unit, the weights, and how the test points fare. */
export const View = ({ session }: { readonly session: Session }) => {
  const shot = session.run.shot.value as MlpShot | null
  const settings = session.settings.value as Settings
  if (!shot) return null
  const { testAccuracy, trainAccuracy, parameters } = shot.facts as Record<string, number>
  const layers = [...new Set(shot.units.map(({ layer }) => layer))]
  const tested = shot.y.length - shot.trained
  const right = shot.confusion.reduce((sum, row, k) => sum + row[k]!, 0)
  const describe = `Points of ${shot.classes.length} classes and the regions in which the network predicts each; accuracy ${percent(trainAccuracy!)} on training points, ${percent(testAccuracy!)} on test points.`
  return (
    <>
      <Tiles wide={340}>
        <Panel title="Decision regions" note={settings.showTest ? 'hollow: test points' : undefined}>
          <Canvas
            label="Decision regions"
            describe={describe}
            aspect={1.08}
            draw={(ctx, size, theme) => picture(ctx, size, shot, theme, settings.showTest)}
          />
        </Panel>
        <div class="mlp-side">
          <Panel title="How it does">
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
                      numbers: `${shown(testAccuracy!)} = ${right} / ${tested}`,
                    })}
                  />,
                ],
                ['Accuracy on training points', percent(trainAccuracy!)],
                ['Parameters', parameters!.toLocaleString('en')],
              ]}
            />
          </Panel>
          <Panel title="Confusion matrix" note="test points">
            <Canvas
              label="Confusion matrix"
              describe={shot.confusion
                .map(
                  (row, k) => `Of ${shot.classes[k]}: ${row.map((n, j) => `${n} as ${shot.classes[j]}`).join(', ')}.`,
                )
                .join(' ')}
              height={64 + 40 * shot.classes.length}
              draw={(ctx, size, theme) => {
                matrix(
                  ctx,
                  { x: 0, y: 0, ...size },
                  {
                    values: shot.confusion.flat(),
                    rows: shot.classes.length,
                    columns: shot.classes.length,
                    ramp: sequential(theme),
                    theme,
                    rowLabels: [...shot.classes],
                    columnLabels: [...shot.classes],
                    rowTitle: 'true',
                    columnTitle: 'predicted',
                    numbers: true,
                    square: false,
                  },
                )
              }}
            />
          </Panel>
        </div>
      </Tiles>
      {layers.length > 0 && (
        <Panel title="What each hidden unit sees" note="orange: above 0, blue: below">
          {layers.map(layer => (
            <div key={layer} class="mlp-layer">
              <h3>Layer {layer + 1}</h3>
              <div class="mlp-units">
                {shot.units
                  .filter(unit => unit.layer === layer)
                  .map(({ unit, values }) => (
                    <Canvas
                      key={unit}
                      label={`Layer ${layer + 1}, unit ${unit + 1}`}
                      describe={`From ${shown(Math.min(...values))} to ${shown(Math.max(...values))} over the plane.`}
                      aspect={1}
                      draw={(ctx, size, theme) => {
                        const most = Math.max(...values.map(Math.abs), 1e-6)
                        heatMap(
                          ctx,
                          { x: 0, y: 0, ...size },
                          {
                            values,
                            rows: side,
                            columns: side,
                            ramp: diverging(theme),
                            range: [-most, most],
                            smooth: true,
                            flip: true,
                          },
                        )
                      }}
                    />
                  ))}
              </div>
            </div>
          ))}
        </Panel>
      )}
      <Panel title="Weights" note="how many there are of each size">
        <Tiles wide={220}>
          {shot.weights.map(({ name, shape, values }) => (
            <Canvas
              key={name}
              label={`Weights ${name}`}
              describe={`${name}, ${shape.join(' by ')}: from ${shown(Math.min(...values))} to ${shown(Math.max(...values))}.`}
              height={130}
              draw={(ctx, size, theme) =>
                histogram(ctx, { x: 0, y: 0, ...size }, { values, theme, label: `${name} ${shape.join('×')}` })
              }
            />
          ))}
        </Tiles>
      </Panel>
    </>
  )
}
