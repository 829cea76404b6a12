import './digits.css'
import { useEffect, useRef } from 'preact/hooks'
import { bars } from '../../kit/canvas/bars.ts'
import { whole } from '../../kit/canvas/box.ts'
import { Canvas } from '../../kit/canvas/canvas.tsx'
import { shown } from '../../kit/canvas/scale.ts'
import { Explained } from '../../kit/explain.tsx'
import { Facts, Panel, Tiles } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'
import { ConvolutionPanel } from './convolution-panel.tsx'
import { gridAspect, ink, mapGrid } from './drawing.ts'
import { Pad, useDrawing } from './drawing-pad.tsx'
import { type DigitsShot, type Layer, type Look, type Mistake, tested } from './shot.ts'

export { Guide } from './guide.tsx'

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
/** Maps that stand side by side. */
const across = 8

/** One convolution by hand; then a network that learns its own, looked into. */
export const View = ({ session }: { readonly session: Session }) => {
  const shot = session.run.shot.value as DigitsShot | null
  const drawing = useDrawing(session)
  const { image } = session.settings.value as Settings
  const before = useRef(image)
  useEffect(() => {
    // Who chooses a test image wants to see it.
    if (before.current !== image) session.change({ source: 'test' })
    before.current = image
  }, [image])
  if (!shot) return null
  const asked = drawing.look
  const look = asked && asked.version > shot.look.version ? asked : shot.look
  return (
    <>
      <ConvolutionPanel session={session} convolved={look.convolved} />
      <Reading session={session} look={look} shot={shot} drawing={drawing} />
      <Panel title="What each layer makes of it" note="orange: above 0, blue: below; one scale for each layer">
        <Tiles wide={330}>
          {look.layers.map(layer => (
            <Maps key={layer.name} layer={layer} />
          ))}
        </Tiles>
      </Panel>
      <Filters shot={shot} />
      <Mistakes session={session} shot={shot} />
    </>
  )
}

const Reading = ({
  session,
  look,
  shot,
  drawing,
}: {
  readonly session: Session
  readonly look: Look
  readonly shot: DigitsShot
  readonly drawing: ReturnType<typeof useDrawing>
}) => {
  const { image } = session.settings.value as Settings
  const { predicted, probabilities, scores, truth } = look
  const largest = Math.max(...scores)
  const sum = scores.reduce((total, z) => total + Math.exp(z - largest), 0)
  const title = look.of === 'drawing' ? 'your drawing' : `test image ${image}`
  return (
    <Panel title="Draw a digit" note={`after ${session.run.step.value} steps of training`}>
      <div class="digits-read">
        <div class="digits-draw">
          <Pad
            strokes={drawing.strokes}
            change={drawing.setStrokes}
            begin={() => session.change({ source: 'drawing' })}
          />
          <div class="row">
            <button
              type="button"
              disabled={drawing.strokes.length === 0}
              onClick={() => {
                drawing.clear()
                session.change({ source: 'test' })
              }}
            >
              Clear
            </button>
            <button type="button" onClick={() => session.change({ source: 'test', image: (image + 1) % tested })}>
              Next test image
            </button>
          </div>
        </div>
        <div class="digits-said">
          <p
            class="digits-answer"
            aria-live="polite"
            data-predicted={predicted}
            data-of={look.of}
            data-settled={drawing.settled}
          >
            The network reads <b>{predicted}</b> in {title}
            {truth !== null && (truth === predicted ? ', which is right.' : `; it is a ${truth}.`)}
            {truth === null && '.'}
          </p>
          <div class="digits-images">
            <figure>
              <Canvas
                label="The image as the network gets it"
                describe={`${title}, 28 by 28 cells${look.of === 'drawing' ? ', scaled into 20 by 20 and moved so that its centre of mass is in the middle' : ''}.`}
                aspect={1}
                draw={(ctx, size, theme) => ink(ctx, { x: 0, y: 0, ...size }, look.image, { theme })}
              />
              <figcaption>what it gets</figcaption>
            </figure>
            <figure>
              <Canvas
                label="Grad-CAM"
                describe={`Where the evidence for ${predicted} lies, in colour over the image.`}
                aspect={1}
                draw={(ctx, size, theme) => ink(ctx, { x: 0, y: 0, ...size }, look.image, { theme, cam: look.cam })}
              />
              <figcaption>where it looks for {predicted}</figcaption>
            </figure>
          </div>
          <Canvas
            label="Probabilities"
            describe={probabilities.map((p, k) => `${k}: ${percent(p)}`).join(', ')}
            height={192}
            draw={(ctx, size, theme) => {
              bars(ctx, whole(size), {
                values: probabilities,
                labels: probabilities.map((_, k) => String(k)),
                theme,
                highlight: predicted,
                max: 1,
                shown: percent,
                thick: 19,
              })
            }}
          />
          <Facts
            of={[
              [
                `Probability of ${predicted}`,
                <Explained
                  key="p"
                  shown={shown(probabilities[predicted]!)}
                  explain={() => ({
                    what: `Softmax of the ten scores; that of ${predicted} is ${shown(scores[predicted]!)}`,
                    formula: 'p_i = e^{z_i} / Σ_j e^{z_j}',
                    numbers: `${shown(probabilities[predicted]!)} = e^{${shown(scores[predicted]! - largest)}} / ${shown(sum)}   (the largest score, ${shown(largest)}, is taken off all)`,
                  })}
                />,
              ],
              ['Parameters of the network', Number(shot.facts.parameters).toLocaleString('en')],
            ]}
          />
        </div>
      </div>
    </Panel>
  )
}

const Maps = ({ layer: { name, channels, side, values } }: { readonly layer: Layer }) => {
  const grid = { count: channels, side, values }
  return (
    <figure>
      <figcaption>
        {name}: {channels} × {side} × {side}
      </figcaption>
      <Canvas
        label={`Maps of ${name}`}
        describe={`${channels} maps of ${side} by ${side}, from ${shown(Math.min(...values))} to ${shown(Math.max(...values))}.`}
        aspect={gridAspect(grid, across)}
        draw={(ctx, size, theme) => mapGrid(ctx, { x: 0, y: 0, ...size }, grid, across, theme)}
      />
    </figure>
  )
}

const Filters = ({ shot: { filters } }: { readonly shot: DigitsShot }) => {
  const { channels, size: side, values } = filters
  const grid = { count: channels, side, values }
  return (
    <Panel title="Kernels of the first layer" note="learned, not chosen">
      <div class="digits-filters">
        <Canvas
          label="Kernels of the first layer"
          describe={`${channels} kernels of ${side} by ${side} weights, from ${shown(Math.min(...values))} to ${shown(Math.max(...values))}.`}
          aspect={gridAspect(grid, across)}
          draw={(ctx, size, theme) => mapGrid(ctx, { x: 0, y: 0, ...size }, grid, across, theme)}
        />
      </div>
    </Panel>
  )
}

const Mistakes = ({ session, shot: { facts, mistakes } }: { readonly session: Session; readonly shot: DigitsShot }) => {
  const { right, testAccuracy, testedAt } = facts as Readonly<Record<string, number>>
  const wrong = tested - right!
  return (
    <Panel title="Test digits" note={`at step ${testedAt}`}>
      <Facts
        of={[
          [
            'Named right',
            <Explained
              key="right"
              shown={percent(testAccuracy!)}
              explain={() => ({
                what: 'Share of test digits that are given their own class',
                formula: 'accuracy = right / all',
                numbers: `${shown(testAccuracy!)} = ${right} / ${tested}`,
              })}
            />,
          ],
        ]}
      />
      <p class="muted">
        {wrong === 0
          ? 'No mistakes.'
          : wrong > mistakes.length
            ? `The ${mistakes.length} of ${wrong} mistakes that it is surest of; press one to look at it.`
            : wrong === 1
              ? 'Its one mistake; press it to look at it.'
              : `Its ${wrong} mistakes; press one to look at it.`}
      </p>
      <div class="digits-mistakes">
        {mistakes.map(({ index, truth, predicted, probability, image }: Mistake) => (
          <button key={index} type="button" onClick={() => session.change({ source: 'test', image: index })}>
            <Canvas
              label={`Test image ${index}`}
              describe={`A ${truth} read as ${predicted}, with probability ${percent(probability)}.`}
              aspect={1}
              draw={(ctx, size, theme) => ink(ctx, { x: 0, y: 0, ...size }, image, { most: 255, theme })}
            />
            <span>
              {truth} → <b>{predicted}</b>
            </span>
          </button>
        ))}
      </div>
    </Panel>
  )
}
