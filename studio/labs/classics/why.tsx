import { Canvas } from '../../kit/canvas/canvas.tsx'
import { bars } from '../../kit/canvas/bars.ts'
import { shown } from '../../kit/canvas/scale.ts'
import { Explained } from '../../kit/explain.tsx'
import { Formula } from '../../kit/formula.tsx'
import type { ClassicsShot, Reason } from './shot.ts'

const say = (value: number): string => shown(value, 3)

/** Why a place is given its class, in the terms of the model. */
export const Why = ({ reason, shot }: { readonly reason: Reason; readonly shot: ClassicsShot }) => (
  <>
    <p>
      At ({say(reason.at[0])}, {say(reason.at[1])}) it says <b>{shot.outcomes[reason.predicted]}</b>.
    </p>
    {reason.chances.length > 0 && (
      <Canvas
        label="Probabilities at the place"
        describe={reason.chances.map((p, k) => `${shot.classes[k]} ${say(p)}`).join(', ')}
        height={24 * reason.chances.length}
        draw={(ctx, size, theme) => {
          bars(
            ctx,
            { x: 0, y: 0, ...size },
            {
              values: reason.chances,
              labels: shot.classes,
              colours: k => theme.groups[k]!,
              theme,
              max: 1,
            },
          )
        }}
      />
    )}
    <div class="classics-why">
      <Terms reason={reason} shot={shot} />
    </div>
  </>
)

const Terms = ({ reason, shot }: { readonly reason: Reason; readonly shot: ClassicsShot }) => {
  const names = shot.classes
  switch (reason.kind) {
    case 'neighbours': {
      const total = reason.neighbours.reduce((sum, { weight }) => sum + weight, 0)
      const shares = names.map((_, k) => reason.neighbours.filter(({ point }) => shot.y[point] === k))
      const k = reason.predicted
      const mine = shares[k]!.reduce((sum, { weight }) => sum + weight, 0)
      return (
        <>
          <p>
            Its {reason.neighbours.length} nearest training points vote:{' '}
            {shares.map((own, c) => `${own.length} for ${names[c]}`).join(', ')}. Its probability is{' '}
            <Explained
              shown={say(reason.chances[k]!)}
              explain={() => ({
                what: `Share of the votes for ${names[k]}`,
                formula: 'p = sum of its weights / sum of all weights',
                numbers: `${say(reason.chances[k]!)} = ${say(mine)} / ${say(total)}`,
              })}
            />
            .
          </p>
          <table>
            <thead>
              <tr>
                <th>neighbour</th>
                <th>distance</th>
                <th>weight</th>
              </tr>
            </thead>
            <tbody>
              {reason.neighbours.slice(0, 8).map(({ point, distance, weight }) => (
                <tr key={point}>
                  <td>{names[shot.y[point]!]}</td>
                  <td>{say(distance)}</td>
                  <td>{say(weight)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {reason.neighbours.length > 8 && <p class="muted">and {reason.neighbours.length - 8} more</p>}
        </>
      )
    }
    case 'tree':
      return (
        <ol class="classics-path">
          {reason.rules.map(({ axis, threshold, left, points }, i) => (
            <li key={i}>
              {shot.axes[axis]} = {say(reason.at[axis]!)} {left ? '≤' : '>'} {say(threshold)}{' '}
              <span class="muted">({points} points left)</span>
            </li>
          ))}
          <li>leaf: {reason.points.map((n, k) => `${n} of ${names[k]}`).join(', ')}</li>
        </ol>
      )
    case 'forest':
      return (
        <p>
          Of its trees, {reason.votes.map((n, k) => `${n} vote for ${names[k]}`).join(', ')}. The probability is the
          mean of their shares.
        </p>
      )
    case 'bayes': {
      const total = reason.parts.reduce((sum, { joint }) => sum + joint, 0)
      return (
        <>
          <p class="formula block">
            <Formula of="p(k | x) = p(k) · p(x_1 | k) · p(x_2 | k) / sum" />
          </p>
          <table>
            <thead>
              <tr>
                <th>class</th>
                <th>prior</th>
                <th>{shot.axes[0]}</th>
                <th>{shot.axes[1]}</th>
                <th>p</th>
              </tr>
            </thead>
            <tbody>
              {reason.parts.map(({ prior, densities, joint }, k) => (
                <tr key={names[k]}>
                  <td>{names[k]}</td>
                  <td>{say(prior)}</td>
                  <td>{say(densities[0])}</td>
                  <td>{say(densities[1])}</td>
                  <td>
                    <Explained
                      shown={say(joint / total)}
                      explain={() => ({
                        what: 'Prior times the densities, over the sum of all classes',
                        formula: 'p = p(k) · p(x_1 | k) · p(x_2 | k) / sum',
                        numbers: `${say(joint / total)} = ${say(prior)} · ${say(densities[0])} · ${say(densities[1])} / ${say(total)}`,
                      })}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )
    }
    case 'scores':
      return (
        <>
          <p class="formula block">
            <Formula of={`score = ${reason.of}`} />
          </p>
          <p>
            {reason.scores.length === 1
              ? `Its score is ${say(reason.scores[0]!)}: ${reason.scores[0]! > 0 ? `above 0 is ${names[1]}` : `below 0 is ${names[0]}`}.`
              : `Scores: ${reason.scores.map((score, k) => `${names[k]} ${say(score)}`).join(', ')}. The largest counts.`}
          </p>
        </>
      )
    case 'kMeans':
      return (
        <p>
          Distances to the centres: {reason.distances.map((d, k) => `${shot.outcomes[k]} ${say(d)}`).join(', ')}. The
          nearest counts.
        </p>
      )
  }
}
