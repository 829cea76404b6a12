import { fromArray, linalg, type Shape, type Tensor } from '../../src/index.ts'
import { checkAgainstTorch, type Options, type Run } from './torch-cases.ts'

/** 1, 2, … along the last axis: weights that tell vectors apart. */
const counting = (k: number, like: Tensor): Tensor =>
  fromArray(
    Float64Array.from({ length: k }, (_, i) => i + 1),
    [k],
    'float64',
  ).to(like.dtype)
const weighted = (vectors: Tensor): Tensor => vectors.mul(counting(vectors.shape.at(-1)!, vectors) as never)
const swap = (x: Tensor): Tensor => x.transpose()
const outerOf = (vectors: Tensor): Tensor => weighted(vectors).matmul(swap(vectors) as never)

/** What does not depend on signs. */
const svdParts: Readonly<Record<string, (d: ReturnType<typeof linalg.svd>) => Tensor>> = {
  s: d => d.s,
  left: d => outerOf(d.u),
  right: d => outerOf(swap(d.vh)),
  polar: d => weighted(d.u).matmul(d.vh as never),
}
/** Infinities stand as strings in JSON. */
const normOf = (o: Options) => (o.ord === 'fro' || o.ord === 'nuc' ? o : { ord: Number(o.ord) })

const run = (op: string): Run => {
  const [name, part] = op.split('.') as [string, string | undefined]
  switch (name) {
    case 'cholesky':
    case 'inv':
    case 'matrixExp':
      return ([a]) => linalg[name](a!)
    case 'det':
    case 'logdet':
    case 'singularValues':
      return ([a]) => linalg[name](a!)
    case 'solve':
      return ([a, b]) => linalg.solve(a!, b!)
    case 'triangularSolve':
    case 'lstsq':
      return ([a, b], o) => linalg[name](a!, b!, o)
    case 'pinv':
    case 'matrixRank':
      return ([a], o) => linalg[name](a!, o)
    case 'matrixNorm':
    case 'cond':
      return ([a], o) => linalg[name](a!, normOf(o))
    case 'slogdet':
      return ([a]) => linalg.slogdet(a!)[part as 'sign']
    case 'qr':
      return ([a], o) => linalg.qr(a!, o)[part as 'q']
    case 'lu':
      return ([a]) => linalg.lu(a!)[part as 'p']
    case 'eigh':
      return ([a]) => {
        const { values, vectors } = linalg.eigh(a!)
        return part === 'values' ? values : outerOf(vectors)
      }
    case 'svd':
      return ([a]) => svdParts[part!]!(linalg.svd(a as Tensor<Shape, 'float64'>))
    default:
      throw new Error(`the fixtures have an operation "${op}" that this test does not know`)
  }
}

checkAgainstTorch('linalg', run)
