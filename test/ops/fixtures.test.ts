import { attention, crossEntropy, layerNorm, mse, type Shape, type Tensor } from '../../src/index.ts'
import { checkAgainstTorch, type Options, type Run } from './torch-cases.ts'

const run = (op: string): Run => {
  switch (op) {
    // Of one input, without options.
    case 'neg':
    case 'abs':
    case 'sign':
    case 'exp':
    case 'expm1':
    case 'log':
    case 'log1p':
    case 'sqrt':
    case 'rsqrt':
    case 'square':
    case 'reciprocal':
    case 'sin':
    case 'cos':
    case 'tan':
    case 'asin':
    case 'acos':
    case 'atan':
    case 'sinh':
    case 'cosh':
    case 'tanh':
    case 'asinh':
    case 'acosh':
    case 'atanh':
    case 'erf':
    case 'relu':
    case 'sigmoid':
    case 'silu':
    case 'softplus':
    case 'floor':
    case 'ceil':
    case 'round':
      return ([x]) => x![op]()
    case 'gelu':
      return ([x], o) => x!.gelu(o)
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'pow':
    case 'maximum':
    case 'minimum':
    case 'atan2':
      return ([a, b]) => a![op](b!)
    case 'sum':
    case 'mean':
    case 'max':
    case 'min':
    case 'prod':
    case 'logSumExp':
    case 'variance':
      return ([x], { axes, ...rest }) => (x![op] as (axes: number[], o: Options) => Tensor).call(x, axes, rest)
    case 'argmax':
    case 'argmin':
      return ([x], { axis, ...rest }) => x![op](axis, rest)
    case 'matmul':
      return ([a, b]) => a!.matmul(b!)
    case 'transpose':
      return ([x], { permutation }) => (permutation ? x!.transpose(permutation) : x!.transpose())
    case 'slice':
      return ([x], { starts, ends, steps }) =>
        x!.slice(...starts.map((start: number, i: number) => ({ start, end: ends[i], step: steps[i] })))
    case 'pad':
      return ([x], { pads, value }) => x!.pad(pads, value)
    case 'flip':
      return ([x], { axes }) => x!.flip(axes)
    case 'repeat':
      return ([x], { repeats }) => x!.repeat(repeats)
    case 'gather':
      return ([x, i], { axis }) => x!.gather(i!, axis)
    case 'takeAlongAxis':
      return ([x, i], { axis }) => x!.takeAlongAxis(i!, axis)
    case 'scatterAdd':
      return ([x, i, u], { axis }) => x!.scatterAdd(i!, u!, axis)
    case 'sort':
    case 'argsort':
    case 'cumsum':
      return ([x], { axis, ...rest }) => x![op](axis, rest)
    case 'topK':
      return ([x], { k, axis }) => x!.topK(k, axis).values
    case 'softmax':
    case 'logSoftmax':
      return ([x], { axis }) => x![op](axis)
    case 'layerNorm':
      return ([x, w, b], o) => layerNorm(x!, w!, b!, o)
    case 'attention':
      return ([q, k, v, mask], o) => attention(q!, k!, v!, mask ? { ...o, mask: mask as Tensor<Shape, 'bool'> } : o)
    case 'crossEntropy':
      return ([x, labels], o) => crossEntropy(x as Tensor<Shape, 'float32'>, labels!, o)
    case 'mse':
      return ([a, b], o) => mse(a!, b!, o)
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}

checkAgainstTorch('ops', run)
