import { useId, useRef } from 'preact/hooks'
import { type Axes, axes } from '../../kit/canvas/axes.ts'
import { Canvas, type Spot } from '../../kit/canvas/canvas.tsx'
import { band, dots, line } from '../../kit/canvas/shapes.ts'
import { shown } from '../../kit/canvas/scale.ts'
import { Explained } from '../../kit/explain.tsx'
import { Facts } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'
import type { ClassicsShot } from './shot.ts'

const say = (value: number): string => shown(value, 4)

/** The ROC curve of one class against the rest, with a threshold to move. */
export const RocPart = ({ session, shot }: { readonly session: Session; readonly shot: ClassicsShot }) => {
  const last = useRef<Axes | null>(null)
  const id = useId()
  const { roc, facts } = shot
  const { threshold, positive } = session.settings.value as Settings
  if (!roc)
    return <p class="muted">All test points are of one kind: there is no curve. Keep more points for testing.</p>
  const { auc, hits, falseAlarms, positives, negatives, tpr, fpr, precision } = facts as Record<string, number>
  const name = String(facts.positive)
  const choose = (spot: Spot): void => {
    if (!last.current) return
    const [x, y] = [last.current.xOf(spot.x), last.current.yOf(spot.y)]
    let best = 1
    for (let i = 1; i < roc.fpr.length; i++) {
      const far = (j: number): number => (roc.fpr[j]! - x) ** 2 + (roc.tpr[j]! - y) ** 2
      if (far(i) < far(best)) best = i
    }
    session.change({ threshold: Number(Math.min(1, Math.max(0, roc.thresholds[best] ?? 0.5)).toPrecision(6)) })
  }
  return (
    <>
      <Canvas
        label="ROC curve"
        describe={`${name} against the rest, ${roc.fpr.length} points, area ${say(auc!)}; at threshold ${say(threshold)} the hit rate is ${say(tpr!)} and the false alarm rate ${say(fpr!)}.`}
        aspect={1.25}
        cursor="pointer"
        onPoint={choose}
        draw={(ctx, size, theme) => {
          const made = axes(
            ctx,
            { x: 0, y: 0, ...size },
            {
              x: [0, 1],
              y: [0, 1],
              theme,
              xLabel: 'false alarms (share of the others)',
              yLabel: 'hits (share of the class)',
            },
          )
          const { xAt, yAt } = made
          last.current = made
          const [xs, ys] = [roc.fpr.map(xAt), roc.tpr.map(yAt)]
          band(
            ctx,
            xs,
            roc.tpr.map(() => yAt(0)),
            ys,
            theme.accent,
            0.14,
          )
          line(ctx, [xAt(0), xAt(1)], [yAt(0), yAt(1)], { colour: theme.muted, dash: [4, 4], width: 1 })
          line(ctx, xs, ys, { colour: theme.accent, width: 2.2 })
          dots(ctx, [xAt(fpr!)], [yAt(tpr!)], { colour: theme.groups[1]!, stroke: theme.text, radius: 6 })
        }}
      />
      <div class="classics-roc">
        <label>
          <span>Positive class</span>
          <select
            value={Math.min(positive, shot.classes.length)}
            onChange={event => session.change({ positive: Number(event.currentTarget.value) })}
          >
            {shot.classes.map((word, k) => (
              <option key={word} value={k + 1}>
                {word}
              </option>
            ))}
          </select>
        </label>
        <label for={id}>
          <span>
            Threshold <output>{say(threshold)}</output>
          </span>
          <input
            id={id}
            type="range"
            min={0}
            max={1}
            step={0.01}
            value={threshold}
            onInput={event => session.change({ threshold: Number(event.currentTarget.value) })}
          />
        </label>
      </div>
      <Facts
        of={[
          [
            'Area under the curve (AUC)',
            <Explained
              key="auc"
              shown={say(auc!)}
              explain={() => ({
                what: `How often a point of ${name} gets a higher probability than one of the others; a tie counts half`,
                formula: 'AUC = pairs in right order / all pairs',
                numbers: `${say(auc!)} = ${say(auc! * positives! * negatives!)} / (${positives} · ${negatives})`,
              })}
            />,
          ],
          [
            'Hits',
            <Explained
              key="hits"
              shown={say(tpr!)}
              explain={() => ({
                what: `Share of the ${name} points from the threshold up`,
                formula: 'hit rate = hits / positives',
                numbers: `${say(tpr!)} = ${hits} / ${positives}`,
              })}
            />,
          ],
          [
            'False alarms',
            <Explained
              key="alarms"
              shown={say(fpr!)}
              explain={() => ({
                what: 'Share of the other points from the threshold up',
                formula: 'false alarm rate = false alarms / negatives',
                numbers: `${say(fpr!)} = ${falseAlarms} / ${negatives}`,
              })}
            />,
          ],
          [
            'Precision',
            precision === null ? (
              'none are taken'
            ) : (
              <Explained
                key="precision"
                shown={say(precision!)}
                explain={() => ({
                  what: 'Share of hits among all that are taken for positive',
                  formula: 'precision = hits / (hits + false alarms)',
                  numbers: `${say(precision!)} = ${hits} / (${hits} + ${falseAlarms})`,
                })}
              />
            ),
          ],
        ]}
      />
    </>
  )
}
