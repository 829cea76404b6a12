import './descent.css'
import { useRef } from 'preact/hooks'
import type { Axes } from '../../kit/canvas/axes.ts'
import type { Spot } from '../../kit/canvas/brush.ts'
import { Canvas } from '../../kit/canvas/canvas.tsx'
import { shown } from '../../kit/canvas/scale.ts'
import { Explained } from '../../kit/explain.tsx'
import { Facts, Panel, Tiles } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import { optimizerNames, optimizerTitles, type Settings } from './about.ts'
import { explainStep } from './explain.ts'
import { FunctionPanel } from './function-panel.tsx'
import { colourOf, drawSlice, drawWays } from './picture.ts'
import type { DescentShot } from './shot.ts'
import type { Verdict } from './verdict.ts'

export { Guide } from './guide.tsx'

const words: Readonly<Record<Verdict, string>> = {
  starting: 'at the start',
  converging: 'converging',
  converged: 'converged',
  oscillating: 'oscillating',
  diverged: 'diverged',
  plateau: 'stuck on a plateau',
  saddle: 'stuck on a saddle',
}
const Badge = ({ verdict, short = false }: { readonly verdict: Verdict; readonly short?: boolean }) => (
  <span class={`badge descent-${verdict}`} data-verdict={verdict}>
    {short ? words[verdict].replace('stuck on a ', '') : words[verdict]}
  </span>
)

/** The function with the way down it, how it does, and the race. */
export const View = ({ session }: { readonly session: Session }) => {
  const shot = session.run.shot.value as DescentShot | null
  if (!shot) return null
  const two = shot.variables === 2
  return (
    <>
      <FunctionPanel session={session} />
      {two ? (
        <Tiles wide={340}>
          <div class="descent-side">
            <WaysPanel session={session} shot={shot} aspect={1.05} />
            <SlicePanel shot={shot} />
          </div>
          <div class="descent-side">
            <StatePanel session={session} shot={shot} />
            <RacePanel session={session} shot={shot} />
            <StepsPanel shot={shot} />
          </div>
        </Tiles>
      ) : (
        <>
          <WaysPanel session={session} shot={shot} aspect={1.9} />
          <Tiles wide={320}>
            <div class="descent-side">
              <StatePanel session={session} shot={shot} />
              <RacePanel session={session} shot={shot} />
            </div>
            <StepsPanel shot={shot} />
          </Tiles>
        </>
      )}
    </>
  )
}

const SlicePanel = ({ shot }: { readonly shot: DescentShot }) => {
  const { x, y, slopeX } = shot.tracks[0]!
  const stays = shown(y.at(-1)!)
  return (
    <Panel title="Slice" note={`y stays at ${stays}`}>
      <Canvas
        label="Slice of the function along x"
        describe={`f over x where y = ${stays}; the point is at x = ${shown(x.at(-1)!)}, its slope along x is ${shown(slopeX.at(-1)!)}.`}
        aspect={1.6}
        draw={(ctx, size, theme) => drawSlice(ctx, size, shot, theme)}
      />
    </Panel>
  )
}

const WaysPanel = ({
  session,
  shot,
  aspect,
}: {
  readonly session: Session
  readonly shot: DescentShot
  readonly aspect: number
}) => {
  const drawn = useRef<Axes | null>(null)
  const two = shot.variables === 2
  const lead = shot.tracks[0]!
  const place = ({ x, y }: Spot): void => {
    const at = drawn.current
    if (!at) return
    const round = (value: number, [low, high]: readonly [number, number]): number => {
      const digits = Math.max(0, 3 - Math.ceil(Math.log10(high - low)))
      return Number(Math.max(low, Math.min(high, value)).toFixed(digits))
    }
    session.change({ startX: round(at.xOf(x), shot.xEnds), ...(two && { startY: round(at.yOf(y), shot.yEnds) }) })
  }
  const told = shot.tracks.map(
    ({ optimizer, x, y, value, verdict }) =>
      `${optimizerTitles[optimizer]}: ${x.length - 1} points after the start, now x = ${shown(x.at(-1)!)}${two ? `, y = ${shown(y.at(-1)!)}` : ''}, f = ${shown(value.at(-1)!)}, ${words[verdict]}.`,
  )
  return (
    <Panel title={two ? 'The way down the map' : 'The way down the curve'} note="drag to set the start">
      <Canvas
        label="The way down"
        describe={`f = ${shot.expression}, start x = ${shown(lead.x[0]!)}${two ? `, y = ${shown(lead.y[0]!)}` : ''}. ${told.join(' ')}`}
        aspect={aspect}
        cursor="crosshair"
        draw={(ctx, size, theme) => {
          drawn.current = drawWays(ctx, size, shot, theme)
        }}
        onPoint={place}
        onDrag={place}
      />
    </Panel>
  )
}

const StatePanel = ({ session, shot }: { readonly session: Session; readonly shot: DescentShot }) => {
  const settings = session.settings.value as Settings
  const lead = shot.tracks[0]!
  const last = lead.x.length - 1
  const two = shot.variables === 2
  const well = shot.facts.well as { readonly x: number; readonly y?: number; readonly kind: string } | null
  const where = well && `x = ${shown(well.x, 3)}${well.y === undefined ? '' : `, y = ${shown(well.y, 3)}`}`
  return (
    <Panel
      title={`${optimizerTitles[lead.optimizer][0]!.toUpperCase()}${optimizerTitles[lead.optimizer].slice(1)}`}
      note={<Badge verdict={lead.verdict} />}
    >
      <Facts
        of={[
          ['x', <Explained key="x" shown={shown(lead.x[last]!, 6)} explain={() => explainStep(lead, settings, 'x')} />],
          ...(two
            ? [
                [
                  'y',
                  <Explained
                    key="y"
                    shown={shown(lead.y[last]!, 6)}
                    explain={() => explainStep(lead, settings, 'y')}
                  />,
                ] as const,
              ]
            : []),
          ['Value', shown(lead.value[last]!, 6)],
          [
            two ? 'Gradient' : 'Slope',
            two ? `${shown(lead.slopeX[last]!)}, ${shown(lead.slopeY[last]!)}` : shown(lead.slopeX[last]!),
          ],
          [
            'Well',
            well
              ? `${shot.wells.length > 1 ? `${well.kind === 'deepest' ? 'the deepest' : 'a shallow one'}, ` : ''}${where}`
              : 'none in the picture',
          ],
        ]}
      />
    </Panel>
  )
}

const RacePanel = ({ session, shot }: { readonly session: Session; readonly shot: DescentShot }) => {
  const { race, optimizer } = session.settings.value as Settings
  const tracks = new Map(shot.tracks.map((track, i) => [track.optimizer, { track, i }]))
  return (
    <Panel title="Race" note="same start, same rate">
      <table class="descent-race">
        <thead>
          <tr>
            <th>optimizer</th>
            <th>value</th>
            <th>verdict</th>
          </tr>
        </thead>
        <tbody>
          {optimizerNames.map(name => {
            const known = tracks.get(name)
            return (
              <tr key={name} data-optimizer={name}>
                <td>
                  <label>
                    <input
                      type="checkbox"
                      checked={name === optimizer || race.includes(name)}
                      disabled={name === optimizer}
                      onChange={event =>
                        session.change({
                          race: optimizerNames.filter(one =>
                            one === name ? event.currentTarget.checked : race.includes(one),
                          ),
                        })
                      }
                    />
                    {known && (
                      <span class={`descent-key descent-key-${colourOf(known.track, known.i)}`} aria-hidden="true" />
                    )}
                    {optimizerTitles[name]}
                  </label>
                </td>
                <td>{known ? shown(known.track.value.at(-1)!) : ''}</td>
                <td>{known && <Badge verdict={known.track.verdict} short />}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </Panel>
  )
}

const rows = 60

/** Value and gradient at each step, the last first. */
const StepsPanel = ({ shot }: { readonly shot: DescentShot }) => {
  const { steps, x, y, value, slopeX, slopeY, optimizer } = shot.tracks[0]!
  const two = shot.variables === 2
  const digits = two ? 3 : 5
  const count = Math.min(rows, x.length)
  return (
    <Panel
      title="Step by step"
      note={x.length > rows ? `${optimizerTitles[optimizer]}, the last ${rows}` : optimizerTitles[optimizer]}
    >
      <section
        class={two ? 'descent-steps descent-short' : 'descent-steps'}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
        tabIndex={0}
        aria-label="Values at each step"
      >
        <table>
          <thead>
            <tr>
              <th>step</th>
              <th>x</th>
              {two && <th>y</th>}
              <th>value</th>
              <th>{two ? 'gradient' : 'slope'}</th>
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: count }, (_, k) => x.length - 1 - k).map(i => (
              <tr key={steps[i]}>
                <td>{steps[i]}</td>
                <td>{shown(x[i]!, digits)}</td>
                {two && <td>{shown(y[i]!, digits)}</td>}
                <td>{shown(value[i]!, digits)}</td>
                <td>{two ? `${shown(slopeX[i]!, 3)}, ${shown(slopeY[i]!, 3)}` : shown(slopeX[i]!)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  )
}
