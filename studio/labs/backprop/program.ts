import { namesIn, parseExpression } from '../../kit/expression.ts'
import { codeOf } from '../../kit/expression-code.ts'
import type { Settings } from './about.ts'
import { readInputs } from './graph.ts'

/** The value and all gradients at once, with the library alone. */
export const program = ({ expression, inputs }: Settings): string => {
  const { tree } = parseExpression(expression)
  const names = namesIn(tree!)
  const values = readInputs(inputs, tree!)
  const { text, number } = codeOf(tree!)
  const body = number ? `tensor(${text})` : text
  const given = names.map(name => `${name}: tensor(${values.get(name)})`)
  return `import { tensor, valueAndGrad } from 'gradus'

// ${expression}
const f = ({ ${names.join(', ')} }) => ${body}
const { value, gradient } = valueAndGrad(f)({ ${given.join(', ')} })
console.log('value', await value.item())
for (const [name, slope] of Object.entries(gradient)) console.log(name, await slope.item())
`
}
