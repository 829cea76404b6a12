import { useId, useState } from 'preact/hooks'
import { namesIn, parseExpression } from '../../kit/expression.ts'
import { Panel } from '../../kit/panel.tsx'
import type { Session } from '../../kit/session.ts'
import type { Settings } from './about.ts'

const pairs = (text: string): Map<string, string> =>
  new Map(
    text
      .split(',')
      .filter(part => part.includes('='))
      .map(part => [part.slice(0, part.indexOf('=')).trim(), part.slice(part.indexOf('=') + 1).trim()]),
  )

/** The expression, and a field for each of its names. */
export const ExpressionPanel = ({ session }: { readonly session: Session }) => {
  const { expression, inputs } = session.settings.value as Settings
  const [wrong, setWrong] = useState<string | null>(null)
  const id = useId()
  const { tree } = parseExpression(expression)
  const names = tree ? namesIn(tree) : []
  const values = pairs(inputs)
  const type = (next: string): void => {
    const { problem } = parseExpression(next)
    setWrong(problem)
    if (problem === null) session.change({ expression: next })
  }
  const put = (name: string, value: number): void => {
    if (!Number.isFinite(value)) return
    const next = new Map([...values, [name, String(value)] as const])
    session.change({ inputs: [...next].map(([key, word]) => `${key}=${word}`).join(',') })
  }
  return (
    <Panel title="Expression">
      <div class="backprop-inputs">
        <label class="backprop-wide">
          <span>f =</span>
          <input
            type="text"
            spellcheck={false}
            autocomplete="off"
            data-setting="expression"
            aria-label="Expression"
            aria-invalid={wrong !== null}
            aria-describedby={id}
            value={expression}
            onChange={event => type(event.currentTarget.value)}
          />
        </label>
        {names.map(name => (
          <label key={name}>
            <span>{name} =</span>
            <input
              type="number"
              step="any"
              data-input={name}
              aria-label={`Value of ${name}`}
              value={values.get(name) ?? '1'}
              onChange={event => put(name, event.currentTarget.valueAsNumber)}
            />
          </label>
        ))}
      </div>
      <p id={id} class={wrong === null ? 'muted' : 'wrong'} role="status">
        {wrong ??
          'Names, numbers, + − * / ^ and abs, cos, exp, log, max, min, relu, sigmoid, sin, softplus, sqrt, tanh.'}
      </p>
    </Panel>
  )
}
