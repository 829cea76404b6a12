import { shown } from '../../kit/canvas/scale.ts'
import { Explained } from '../../kit/explain.tsx'
import { Facts } from '../../kit/panel.tsx'
import type { EmbeddingShot } from './shot.ts'

const say = (value: number): string => shown(value, 4)
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** What an embedding is judged by, each number with its formula. */
export const Numbers = ({ shot }: { readonly shot: EmbeddingShot }) => {
  const { method, exaggerated } = shot.facts
  const {
    rows,
    columns,
    klDivergence,
    iteration,
    exaggeratedSteps,
    neighbours,
    kept,
    keptAt,
    columnsGiven,
    varianceGiven,
    axes,
  } = shot.facts as Record<string, number>
  const explained = shot.ratios.subarray(0, axes).reduce((a, b) => a + b, 0)
  return (
    <Facts
      of={[
        ['Rows and columns', `${rows!.toLocaleString('en')} × ${columns!.toLocaleString('en')}`],
        ...(method === 'tsne'
          ? ([
              [
                'Columns that t-SNE is given',
                columnsGiven === columns
                  ? 'all'
                  : `${columnsGiven} components, ${percent(varianceGiven!)} of the variance`,
              ],
              [
                'Iteration',
                iteration === 0
                  ? '0'
                  : exaggerated
                    ? `${iteration}, exaggerated`
                    : `${iteration}, of which ${exaggeratedSteps} exaggerated`,
              ],
              [
                'Divergence (KL)',
                typeof klDivergence === 'number' ? (
                  <Explained
                    key="kl"
                    shown={`${say(klDivergence)} nats`}
                    explain={() => ({
                      what: 'How far neighbour probabilities q of the picture are from p of the data, summed over all pairs',
                      formula: 'KL = sum p_{ij} log (p_{ij} / q_{ij})',
                      numbers: `${say(klDivergence)} = ${rows} rows · ${say(klDivergence / rows!)}`,
                    })}
                  />
                ) : (
                  'not yet'
                ),
              ],
            ] as const)
          : ([
              [
                `Variance on ${axes} axes`,
                <Explained
                  key="explained"
                  shown={percent(explained)}
                  explain={() => ({
                    what: 'Shares of the components that are drawn',
                    formula: 'share = λ_k / sum λ',
                    numbers: `${say(explained)} = ${Array.from(shot.ratios.subarray(0, axes), say).join(' + ')}`,
                  })}
                />,
              ],
            ] as const)),
        [
          `Of ${neighbours ?? 'the'} neighbours, kept`,
          typeof kept === 'number' ? (
            <Explained
              key="kept"
              shown={percent(kept)}
              explain={() => ({
                what: `Neighbours in the data that are neighbours in the picture too${method === 'tsne' ? `, counted at iteration ${keptAt}` : ''}`,
                formula: 'kept = common neighbours / (rows · k)',
                numbers: `${say(kept)} = ${Math.round(kept * rows! * neighbours!)} / (${rows} · ${neighbours})`,
              })}
            />
          ) : (
            'counted every 25 iterations'
          ),
        ],
      ]}
    />
  )
}
