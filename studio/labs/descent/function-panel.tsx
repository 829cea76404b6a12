import { useId, useState } from 'preact/hooks'
import { namesIn, parseExpression } from '../../kit/expression.ts'
import { Panel } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'
import { type FunctionChoice, functionNames, functions, sceneryOf } from './functions.ts'

/** What is gone down, and from where. */
export const FunctionPanel = ({ session }: { readonly session: Session }) => {
  const settings = session.settings.value as Settings
  const id = useId()
  const [wrong, setWrong] = useState<string | null>(null)
  const scenery = sceneryOf(settings)
  const own = settings.function === 'own'
  const { tree } = parseExpression(scenery.expression)
  const two = tree !== null && namesIn(tree).includes('y')
  const choose = (name: FunctionChoice): void => {
    // Another function begins at a place and a rate that suit it.
    const { rate } = sceneryOf({ function: name, expression: settings.expression })
    session.change({ function: name, learningRate: rate, startX: undefined, startY: undefined })
  }
  const type = (expression: string): void => {
    const { problem } = parseExpression(expression, { names: ['x', 'y'] })
    setWrong(problem)
    if (problem === null) session.change({ function: 'own', expression })
  }
  const start = { startX: settings.startX ?? scenery.start[0], startY: settings.startY ?? scenery.start[1] }
  return (
    <Panel title="Function">
      <div class="descent-function">
        <label>
          <span>Choose</span>
          <select
            value={settings.function}
            data-setting="function"
            onChange={event => choose(event.currentTarget.value as FunctionChoice)}
          >
            {functionNames.map(name => (
              <option key={name} value={name}>
                {name === 'own' ? 'own function' : functions[name].title}
              </option>
            ))}
          </select>
        </label>
        <label class="descent-wide">
          <span>{two ? 'f(x, y) =' : 'f(x) ='}</span>
          <input
            type="text"
            spellcheck={false}
            autocomplete="off"
            data-setting="expression"
            aria-invalid={wrong !== null}
            aria-describedby={id}
            value={scenery.expression}
            onChange={event => type(event.currentTarget.value)}
          />
        </label>
        {(two ? (['startX', 'startY'] as const) : (['startX'] as const)).map(key => (
          <label key={key}>
            <span>{key === 'startX' ? 'Start x' : 'Start y'}</span>
            <input
              type="number"
              step="any"
              data-setting={key}
              value={start[key]}
              onChange={event => {
                const value = event.currentTarget.valueAsNumber
                if (Math.abs(value) <= 1000) session.change({ [key]: value })
              }}
            />
          </label>
        ))}
      </div>
      <p id={id} class={wrong === null ? 'muted' : 'wrong'} role="status">
        {wrong ??
          (own
            ? 'Names x and y, numbers, + − * / ^ and abs, cos, exp, log, max, min, relu, sigmoid, sin, softplus, sqrt, tanh.'
            : 'Write over it to go down a function of your own.')}
      </p>
    </Panel>
  )
}
