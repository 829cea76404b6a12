import { convolution, convolutionTranspose, fold, unfold } from '../../src/index.ts'
import { checkAgainstTorch, type Run } from './torch-cases.ts'

const run = (op: string): Run => {
  switch (op) {
    case 'convolution':
      return ([x, w, bias], o) => convolution(x!, w!, bias ? { ...o, bias } : o)
    case 'convolutionTranspose':
      return ([x, w, bias], o) => convolutionTranspose(x!, w!, bias ? { ...o, bias } : o)
    case 'unfold':
      return ([x], o) => unfold(x!, o)
    case 'fold':
      return ([y], o) => fold(y!, o)
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}

checkAgainstTorch('convolution', run)
