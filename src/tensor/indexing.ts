import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import type { Node } from '../graph/node.ts'
import * as nd from '../ops/index-nd.ts'
import * as se from '../ops/search.ts'
import * as sg from '../ops/segment.ts'
import { Tensor } from './tensor.ts'

type Indices = Tensor<Shape, DType>
const nodesOf = (index: readonly (Indices | null)[]): (Node | null)[] => index.map(i => i?.node ?? null)

/**
 * Elements, or slices, at positions on several axes (ONNX's `GatherND`).
 *
 * **Shape** x: `[...B, N₁, ..., N_K, ...rest]`, indices: int32 `[...B, ...I, K]` → `[...B, ...I, ...rest]`, with `batchDims` axes in B.
 */
export const gatherND = <D extends DType>(x: Tensor<Shape, D>, indices: Indices, batchDims = 0): Tensor<Shape, D> =>
  new Tensor(nd.gatherND(x.node, indices.node, batchDims))

/**
 * x with updates put where `gatherND` with the same indices would read, or combined with what is there (ONNX's `ScatterND`).
 *
 * **Shape** x: `[N₁, ..., N_K, ...rest]`, indices: int32 `[...I, K]`, updates: `[...I, ...rest]` → that of x.
 */
export const scatterND = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  indices: Indices,
  updates: Tensor<Shape, NoInfer<D>>,
  options: nd.ScatterNDOptions = {},
): Tensor<S, D> => new Tensor(nd.scatterND(x.node, indices.node, updates.node, options))

/**
 * `x[i₀, i₁, ...]` with tensors of positions, as NumPy has it: they broadcast against each other, and null takes a whole axis. Their axes
 * stand where the indexed axes were if those are neighbours, else first.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]])
 * await takeAt(x, [tensor([0, 1], 'int32'), tensor([1, 0], 'int32')]).toArray() // [2, 3]
 */
export const takeAt = <D extends DType>(x: Tensor<Shape, D>, index: readonly (Indices | null)[]): Tensor<Shape, D> =>
  new Tensor(nd.takeAt(x.node, nodesOf(index)))

/** x with `values`, which broadcast, at `x[i₀, i₁, ...]` (PyTorch's `index_put`); `accumulate` adds them instead. */
export const indexPut = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  index: readonly (Indices | null)[],
  values: Tensor<Shape, NoInfer<D>>,
  options: nd.IndexPutOptions = {},
): Tensor<S, D> => new Tensor(nd.indexPut(x.node, nodesOf(index), values.node, options))

type Segment = <D extends DType>(values: Tensor<Shape, D>, segmentIds: Indices, numSegments: number) => Tensor<Shape, D>
const segment =
  (of: (values: Node, ids: Node, count: number) => Node): Segment =>
  (values, segmentIds, numSegments) =>
    new Tensor(of(values.node, segmentIds.node, numSegments))

/** Sum of each group. **Shape** values: `[...I, ...rest]`, segmentIds: int32 `[...I]` → `[numSegments, ...rest]`. 0 of an empty group. */
export const segmentSum: Segment = segment(sg.segmentSum)
/** Mean of each group; 0 of an empty one. */
export const segmentMean: Segment = segment(sg.segmentMean)
/** Product of each group; 1 of an empty one. */
export const segmentProd: Segment = segment(sg.segmentProd)
/** Largest of each group; ties share the gradient. Of an empty one −∞, or the dtype's smallest integer. */
export const segmentMax: Segment = segment(sg.segmentMax)
/** Smallest of each group; ties share the gradient. Of an empty one ∞, or the dtype's largest integer. */
export const segmentMin: Segment = segment(sg.segmentMin)

export interface BincountOptions<W extends DType> {
  /** Number of bins: values run from 0 to length − 1. */
  readonly length: number
  /** What each value counts for. Default: 1 each, and int32 counts. */
  readonly weights?: Tensor<Shape, W>
}
/** How often each number from 0 to length − 1 occurs, or the sum of the weights of those that do. A value outside is refused when it runs. */
export const bincount = <W extends DType = 'int32'>(
  x: Indices,
  { length, weights }: BincountOptions<W>,
): Tensor<readonly [number], W> =>
  new Tensor(sg.bincount(x.node, { length, ...(weights && { weights: weights.node }) }))

/** int32 positions at which values would be inserted into a sorted last axis to keep it in order. NaN comes after all numbers. */
export const searchSorted = <S extends Shape, D extends DType>(
  sorted: Tensor<Shape, D>,
  values: Tensor<S, NoInfer<D>>,
  options: se.SearchOptions = {},
): Tensor<S, 'int32'> => new Tensor(se.searchSorted(sorted.node, values.node, options))

/** int32 number of the bucket between sorted boundaries `[n]` that each value falls into, 0 to n. */
export const bucketize = <S extends Shape, D extends DType>(
  x: Tensor<S, D>,
  boundaries: Tensor<Shape, NoInfer<D>>,
  options: se.BucketizeOptions = {},
): Tensor<S, 'int32'> => new Tensor(se.bucketize(x.node, boundaries.node, options))
