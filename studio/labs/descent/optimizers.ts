import type { Parameter } from 'gradus/nn'
import { adagrad, adam, adamw, type Optimizer, rmsprop, type Schedule, sgd } from 'gradus/optim'
import type { OptimizerName } from './about.ts'

/** An optimizer of the library by its name here. Its rate may change while it runs. */
export const optimizerOf = (
  name: OptimizerName,
  parameters: readonly Parameter[],
  { momentum }: { readonly momentum: number },
  learningRate: Schedule,
): Optimizer => {
  const options = { learningRate }
  switch (name) {
    case 'sgd':
      return sgd(parameters, options)
    case 'momentum':
      return sgd(parameters, { ...options, momentum })
    case 'nesterov':
      return sgd(parameters, { ...options, momentum, nesterov: true })
    case 'rmsprop':
      return rmsprop(parameters, options)
    case 'adam':
      return adam(parameters, options)
    case 'adamw':
      return adamw(parameters, options)
    case 'adagrad':
      return adagrad(parameters, options)
  }
}
