import { parseExpression } from '../../kit/expression.ts'
import { codeOf } from '../../kit/expression-code.ts'
import type { OptimizerName, Settings } from './about.ts'
import { sceneryOf } from './functions.ts'

const calls: Readonly<Record<OptimizerName, (options: string, momentum: number) => string>> = {
  sgd: options => `optim.sgd([px, py], { ${options} })`,
  momentum: (options, momentum) => `optim.sgd([px, py], { ${options}, momentum: ${momentum} })`,
  nesterov: (options, momentum) => `optim.sgd([px, py], { ${options}, momentum: ${momentum}, nesterov: true })`,
  rmsprop: options => `optim.rmsprop([px, py], { ${options} })`,
  adam: options => `optim.adam([px, py], { ${options} })`,
  adamw: options => `optim.adamw([px, py], { ${options} })`,
  adagrad: options => `optim.adagrad([px, py], { ${options} })`,
}

/** The same descent with the library alone: the chosen optimizer's. */
export const program = (s: Settings): string => {
  const scenery = sceneryOf(s)
  const { tree } = parseExpression(scenery.expression)
  const { text, number } = codeOf(tree!)
  const two = / y\b|\by\b/.test(text)
  const body = number ? `x.mul(0).add(${text})` : text
  const parameters = two ? '[px, py]' : '[px]'
  return `import { tensor } from 'gradus'
import * as nn from 'gradus/nn'
import * as optim from 'gradus/optim'

// ${scenery.expression}
const px = new nn.Parameter([], nn.constantInit(${s.startX ?? scenery.start[0]}))
const py = new nn.Parameter([], nn.constantInit(${s.startY ?? scenery.start[1]}))
const f = () => {
  const x = px.value
  const y = py.value
  return ${body}
}
const optimizer = ${calls[s.optimizer](`learningRate: ${s.learningRate}`, s.momentum).replace('[px, py]', parameters)}

for (let step = 1; step <= ${s.steps}; step++) {
  await optimizer.minimize(f())
  console.log(step, await f().item())
}
console.log('x', await px.value.item())${two ? "\nconsole.log('y', await py.value.item())" : ''}
`
    .replace("import { tensor } from 'gradus'\n", body.includes('tensor(') ? '$&' : '')
    .replace(/^const py = .*\n/m, two ? '$&' : '')
    .replace(/^ {2}const y = .*\n/m, two ? '$&' : '')
}
