import { compile, type DType, grad, type Shape, type Tensor, valueAndGrad, where, zeros } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { shaped } from './exact.ts'

// Functions that keep the shape, whatever it is, need no cast: elements, numbers, scalars, the same shape again.
const swish = <S extends Shape>(x: Tensor<S, 'float32'>): Tensor<S, 'float32'> => x.mul(x.sigmoid())
const standardize = <S extends Shape>(x: Tensor<S, 'float32'>) => x.sub(x.mean()).div(x.std().add(1e-5))
const double = <S extends Shape, D extends DType>(x: Tensor<S, D>): Tensor<S, D> => x.neg().neg()
const half = <S extends Shape>(x: Tensor<S, 'float32'>): Tensor<S, 'float32'> => x.relu().exp().softmax()
const squaredNorm = <S extends Shape>(x: Tensor<S, 'float32'>): Tensor<readonly [], 'float32'> => x.square().sum()
export const rowsOf = (x: Tensor<readonly [number, number], 'float32'>): number => x.shape[0]
const shifted = <S extends Shape>(x: Tensor<S, 'float32'>): Tensor<S, 'float32'> => x.add(1).mul(2).sub(0.5)
const rescaled = <S extends Shape>(x: Tensor<S, 'float32'>) => x.add(x).div(x.max().add(1))
const chosen = <S extends Shape>(x: Tensor<S, 'float32'>) => where(x.greater(0), x, 0)

// What changes the shape is written for a tensor of any shape: in a generic function its rule cannot be decided.
const centred = (x: Tensor<Shape, 'float32'>) => x.sub(x.mean(-1, { keepDims: true }))
const through = (x: Tensor<Shape, 'float32'>) => nn.sequential(nn.linear(3, 5), nn.relu(), nn.linear(5, 7)).forward(x)
const anyShape = (x: Tensor<Shape, 'float32'>): Tensor<Shape, 'float32'> => x.add(x).mul(2).matmul(x.transpose())
const bare = (x: Tensor): Tensor => x.add(x).mul(2)

shaped<readonly [2, 3]>()(double(zeros([2, 3])))
shaped<readonly [2, 3]>()(half(zeros([2, 3])))
shaped<readonly []>()(squaredNorm(zeros([2, 3])))
shaped<readonly [2, 3]>()(swish(zeros([2, 3])))
shaped<readonly [4]>()(standardize(zeros([4])))
shaped<readonly [2, 3]>()(shifted(zeros([2, 3])))
shaped<readonly [2, 3]>()(rescaled(zeros([2, 3])))
shaped<readonly [2, 3]>()(chosen(zeros([2, 3])))
rowsOf(zeros([2, 3]))
// @ts-expect-error one axis is not two
rowsOf(zeros([2]))
centred(zeros([2, 3]))
through(zeros([2, 3]))
anyShape(zeros([2, 3]))
bare(zeros([2, 3]))

// What is known can be given where less is asked.
const known = zeros([2, 3])
const wide: Tensor<readonly [number, number], 'float32'> = known
const unranked: Tensor<Shape, 'float32'> = wide
export const nothing: Tensor = unranked
// @ts-expect-error 3 is not 4
export const wrong: Tensor<readonly [2, 4], 'float32'> = known
// @ts-expect-error a dtype left out is float32, not what the place wants
export const wrongDefault: Tensor<readonly [2, 3], 'int32'> = zeros([2, 3])
// @ts-expect-error float32 is not int32
export const wrongDType: Tensor<readonly [2, 3], 'int32'> = known

// Transforms keep the types of what they are given.
const gradient = grad((x: Tensor<readonly [2, 3], 'float32'>) => x.square().sum())
shaped<readonly [2, 3]>()(gradient(known))
const { value } = valueAndGrad((x: typeof known) => x.sum())(known)
shaped<readonly [], DType>()(value)
const byName = grad((p: { w: Tensor<readonly [2, 3], 'float32'> }) => p.w.sum())({ w: known })
shaped<readonly [2, 3]>()(byName.w)
const compiled = compile((x: typeof known, scale: number) => x.mul(scale))
const result: Promise<Tensor<readonly [2, 3], 'float32'>> = compiled(known, 2)
export { result }
// @ts-expect-error the second argument is missing
compiled(known)
