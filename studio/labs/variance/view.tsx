import './variance.css'
import { useRef, useState } from 'preact/hooks'
import type { Axes } from '../../kit/canvas/axes.ts'
import { Canvas, type Spot } from '../../kit/canvas/canvas.tsx'
import { shown } from '../../kit/canvas/scale.ts'
import { Explained, type Explanation } from '../../kit/explain.tsx'
import { Facts, Panel, Tiles } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import { picture } from './picture.ts'
import { curvePicture, partsPicture } from './pictures.ts'
import { complexityName, mostFits, mostSets, places, type VarianceShot } from './shot.ts'

export { Guide } from './guide.tsx'

const say = (value: number): string => shown(value, 4)
const give = (value: number, error: number): string => `${say(value)} ± ${shown(error, 2)}`

/** The fan of fits, the parts of the error, and the U curve. */
export const View = ({ session }: { readonly session: Session }) => {
  const shot = session.run.shot.value as VarianceShot | null
  const [at, setAt] = useState<number | null>(null)
  const fan = useRef<Axes | null>(null)
  const curve = useRef<Axes | null>(null)
  if (!shot) return null
  const facts = shot.facts as Record<string, number>
  const { dataSets, told } = facts
  const ready = facts.error !== undefined
  const name = complexityName[shot.facts.model as keyof typeof complexityName]
  const point = (spot: Spot | null): void => {
    if (!spot || !fan.current) return setAt(null)
    const x = fan.current.xOf(spot.x)
    setAt(x < -1 || x > 1 ? null : Math.round(((x + 1) / 2) * (places - 1)))
  }
  const choose = (spot: Spot): void => {
    if (!curve.current || shot.curve.length === 0) return
    const [low, high] = [shot.curve[0]!.complexity, shot.curve.at(-1)!.complexity]
    session.change({ [name]: Math.min(high, Math.max(low, Math.round(curve.current.xOf(spot.x)))) })
  }
  const seen = Math.min(mostFits, told ?? 0)
  return (
    <>
      <Panel
        title="Many data sets, many fits"
        note={`${dataSets} data sets so far${(told ?? 0) > seen ? `; the latest ${seen} of ${told} fits are drawn` : ''}${dataSets === mostSets ? '; all fits are kept, so it ends here' : ''}`}
      >
        <Canvas
          label="Fits, their mean and the truth"
          describe={
            ready
              ? `${seen} fits with ${name} ${facts[name]}; over the places their mean is ${say(Math.sqrt(facts.meanGap2!))} from the truth, and they stray ${say(Math.sqrt(facts.variance!))} from their mean (root mean squares).`
              : 'Nothing is fitted yet.'
          }
          aspect={2.1}
          class="variance-fan"
          onHover={point}
          onPoint={point}
          draw={(ctx, size, theme) => {
            fan.current = picture(ctx, size, shot, theme, at)
          }}
        />
        <div class="variance-key">
          <span class="variance-truth">truth</span>
          <span class="variance-mean">mean of all fits</span>
          <span class="variance-fit">one fit</span>
          <span class="variance-dot">latest data set</span>
        </div>
        <p class="muted variance-at" aria-live="off">
          {at !== null && shot.mean.length > 0
            ? `At x = ${say(shot.x[at]!)}: truth ${say(shot.truth[at]!)}, mean fit ${say(shot.mean[at]!)}, so bias² ${say((shot.mean[at]! - shot.truth[at]!) ** 2)}; variance of the fits ${say(shot.deviation[at]! ** 2)}.`
            : 'Point at a place to read its bias and variance.'}
        </p>
      </Panel>
      <Tiles wide={360}>
        <Panel title="Parts of the test error" note="bar: measured, with 3 standard errors">
          <Canvas
            label="Parts of the test error"
            describe={
              ready
                ? `Bias² ${say(facts.bias2!)}, variance ${say(facts.variance!)} and noise ${say(facts.noise!)} make ${say(facts.expected!)}; measured are ${say(facts.error!)}.`
                : 'Four data sets are needed.'
            }
            height={98}
            draw={(ctx, size, theme) => partsPicture(ctx, size, shot, theme)}
          />
          {ready ? (
            <PartsTable facts={facts} />
          ) : (
            <p class="muted">Four data sets are needed before anything can be told.</p>
          )}
        </Panel>
        <Panel title={`Error over ${name}`} note="same data sets for all; press to choose">
          <Canvas
            label={`Error over ${name}`}
            describe={
              shot.curve.length > 0
                ? `${shot.curve.map(split => `${name} ${split.complexity}: bias² ${shown(split.bias2, 3)}, variance ${shown(split.variance, 3)}, measured ${shown(split.error, 3)}`).join('; ')}. Least at ${facts.best}.`
                : 'Four data sets are needed.'
            }
            aspect={1.35}
            onPoint={choose}
            cursor="pointer"
            draw={(ctx, size, theme) => {
              curve.current = curvePicture(ctx, size, shot, theme)
            }}
          />
          <div class="variance-key">
            <span class="variance-bias">bias²</span>
            <span class="variance-variance">variance</span>
            <span class="variance-noise">noise</span>
            <span class="variance-sum">their sum</span>
            <span class="variance-measured">measured error</span>
          </div>
          {facts.best !== undefined && (
            <p class="muted">
              The sum is least at {name} <b>{facts.best}</b>; chosen is {facts[name]}.
            </p>
          )}
        </Panel>
      </Tiles>
    </>
  )
}

const PartsTable = ({ facts }: { readonly facts: Record<string, number> }) => {
  const { bias2, variance, noise, error, expected, meanGap2, told, judged, standardError } = facts as Record<
    string,
    number
  >
  const number = (key: string, value: string, explain: () => Explanation) => (
    <Explained key={key} shown={value} explain={explain} />
  )
  const apart = Math.abs(facts.difference!) / standardError!
  return (
    <Facts
      of={[
        [
          'Bias²',
          number('bias', give(bias2!, facts.bias2StandardError!), () => ({
            what: `How far the mean fit is from the truth, squared, over ${places} places; what ${told} fits leave of the variance is taken off`,
            formula: 'bias^2 = mean (f̄ − f)^2 − variance / n',
            numbers: `${say(bias2!)} = ${say(meanGap2!)} − ${say(variance!)} / ${told}`,
          })),
        ],
        [
          'Variance',
          number('variance', give(variance!, facts.varianceStandardError!), () => ({
            what: 'How far single fits stray from their mean, squared, over places and fits',
            formula: 'variance = mean_x sum (f̂ − f̄)^2 / (n − 1)',
            numbers: `${say(variance!)} = ${say(variance! * (told! - 1))} / (${told} − 1)`,
          })),
        ],
        [
          'Noise',
          number('noise', say(noise!), () => ({
            what: 'Variance of what is added to each value: no model can predict it',
            formula: 'noise = σ^2',
            numbers: `${say(noise!)} = ${say(Math.sqrt(noise!))}^2`,
          })),
        ],
        [
          'Sum',
          number('sum', say(expected!), () => ({
            what: 'What the test error should be',
            formula: 'sum = bias^2 + variance + noise',
            numbers: `${say(expected!)} = ${say(bias2!)} + ${say(variance!)} + ${say(noise!)}`,
          })),
        ],
        [
          'Measured test error',
          number('error', give(error!, facts.errorStandardError!), () => ({
            what: `Mean squared error of ${judged} other fits against fresh noisy values`,
            formula: 'error = mean (y − f̂)^2',
            numbers: `${say(error!)} = ${say(error! * judged!)} / ${judged}`,
          })),
        ],
        [
          'Apart by',
          number('apart', `${shown(apart, 2)} standard errors`, () => ({
            what: 'Measured error less the sum, in standard errors: above 3 would be suspicious',
            formula: '|error − sum| / s.e.',
            numbers: `${shown(apart, 3)} = |${say(error!)} − ${say(expected!)}| / ${say(standardError!)}`,
          })),
        ],
      ]}
    />
  )
}
