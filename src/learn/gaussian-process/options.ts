import { aWord, either, integer, type Meaning, nothing } from '../../core/options.ts'
import { randomState } from '../core/rules.ts'
import { isKernel, type Kernel, productKernel, constantKernel, rbf } from './kernels.ts'

const aKernel: Meaning<Kernel> = {
  kind: 'value',
  expected: 'a kernel, such as rbf() or sumKernel(matern(), whiteKernel())',
  accepts: isKernel,
  fromText: text => {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  },
  placeholder: 'JSON',
}

export const processOptions = {
  kernel: either([nothing, aKernel], {
    default: null,
    help: 'the covariance of the function at two rows; null: constantKernel() times rbf()',
  }),
  optimizer: either([nothing, aWord(['lbfgs'])], {
    default: 'lbfgs',
    help: 'how values of the kernel are chosen; null: they stay as given',
  }),
  nRestartsOptimizer: integer({
    min: 0,
    default: 0,
    help: 'how many more starts the optimizer takes, at random within the bounds',
  }),
  randomState,
} as const

export const defaultKernel = (): Kernel => productKernel(constantKernel(), rbf())
