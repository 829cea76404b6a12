import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import * as gs from '../ops/grid-sample.ts'
import * as im from '../ops/image.ts'
import { type InterpolateOptions, interpolate as interpolateOf } from '../ops/resize.ts'
import { Tensor } from './tensor.ts'

type X<D extends DType> = Tensor<Shape, D>

/**
 * Every window of the spatial axes as a column (im2col).
 *
 * **Shape** x: `[N, C, ...spatial]` → `[N, C · kernel, positions]`, channels before kernel elements, positions in row-major order.
 *
 * @throws ShapeError where the window is larger than the padded input
 *
 * Source: PyTorch's `unfold`, here for 1 to 3 spatial axes.
 */
export const unfold = <D extends DType>(x: X<D>, options: im.UnfoldOptions): X<D> =>
  new Tensor(im.unfold(x.node, options))

/**
 * Adds columns back to where `unfold` with the same options took them from (col2im): its gradient.
 *
 * **Shape** columns: `[N, C · kernel, positions]` → `[N, C, ...size]`.
 *
 * Source: PyTorch's `fold`, here for 1 to 3 spatial axes.
 */
export const fold = <D extends DType>(columns: X<D>, options: im.FoldOptions): X<D> =>
  new Tensor(im.fold(columns.node, options))

/**
 * Channels laid out as blocks of pixels.
 *
 * **Shape** x: `[N, C · s², H, W]` → `[N, C, H · s, W · s]`, with s = `blockSize`.
 *
 * @param order of a block's elements among the channels: block before channel (`DCR`, default) or channel before block (`CRD`)
 *
 * Source: ONNX DepthToSpace.
 */
export const depthToSpace = <D extends DType>(x: X<D>, blockSize: number, order: im.BlockOrder = 'DCR'): X<D> =>
  new Tensor(im.depthToSpace(x.node, blockSize, order))

/**
 * Blocks of pixels laid out as channels: the inverse of `depthToSpace`.
 *
 * **Shape** x: `[N, C, H · s, W · s]` → `[N, C · s², H, W]`, with s = `blockSize`.
 *
 * Source: ONNX SpaceToDepth.
 */
export const spaceToDepth = <D extends DType>(x: X<D>, blockSize: number, order: im.BlockOrder = 'DCR'): X<D> =>
  new Tensor(im.spaceToDepth(x.node, blockSize, order))

/**
 * `depthToSpace` in PyTorch's order of channels.
 *
 * **Shape** x: `[N, C · s², H, W]` → `[N, C, H · s, W · s]`, with s = `blockSize`.
 *
 * Source: Shi et al. 2016, equation 4; PyTorch's `pixel_shuffle`.
 */
export const pixelShuffle = <D extends DType>(x: X<D>, blockSize: number): X<D> =>
  new Tensor(im.depthToSpace(x.node, blockSize, 'CRD'))

/** The inverse of `pixelShuffle`: `[N, C, H · s, W · s]` → `[N, C · s², H, W]`. Source: PyTorch's `pixel_unshuffle`. */
export const pixelUnshuffle = <D extends DType>(x: X<D>, blockSize: number): X<D> =>
  new Tensor(im.spaceToDepth(x.node, blockSize, 'CRD'))

/**
 * Resizes the spatial axes by PyTorch's rules.
 *
 * **Shape** x: `[N, C, ...spatial]`, 1 to 3 spatial axes → `[N, C, ...size]`, or sizes `⌊n · scale⌋`.
 *
 * @param options.mode `nearest` (default; any dtype), `linear` (bilinear on images, trilinear on volumes) or `cubic` (slope −0.75)
 * @param options.alignCorners lay the centres of the first and last elements on those of the input; default their outer edges
 *
 * On the native engine an infinite or NaN element spoils its whole row and column in `linear` and `cubic`.
 *
 * Source: PyTorch's `interpolate`; Keys 1981, equation 15.
 */
export const interpolate = <D extends DType>(x: X<D>, options: InterpolateOptions): X<D> =>
  new Tensor(interpolateOf(x.node, options))

/**
 * Reads x at the positions of a grid, between its elements: a spatial transformer's sampler.
 *
 * **Shape** x: `[N, C, H, W]`, grid: `[N, H', W', 2]` → `[N, C, H', W']`; or x: `[N, C, D, H, W]`, grid: `[N, D', H', W', 3]`. A position
 * is (x, y) or (x, y, z), the last axis first, from −1 to 1 across the input.
 *
 * @param options.mode `linear` (default), `nearest` or, for images, `cubic`
 * @param options.paddingMode what lies beyond the input: `zeros` (default), its `border`, or its `reflection`
 * @param options.alignCorners whether −1 and 1 are the centres of the end elements, or their outer edges (default)
 *
 * Source: Jaderberg et al. 2015, section 3.3; PyTorch's `grid_sample`.
 */
export const gridSample = <D extends DType>(x: X<D>, grid: X<NoInfer<D>>, options: gs.GridSampleOptions = {}): X<D> =>
  new Tensor(gs.gridSample(x.node, grid.node, options))

/**
 * The grid of an affine map, for {@link gridSample}.
 *
 * **Shape** theta: `[N, 2, 3]`, size `[H, W]` → `[N, H, W, 2]`; or theta: `[N, 3, 4]`, size `[D, H, W]` → `[N, D, H, W, 3]`.
 *
 * Source: Jaderberg et al. 2015, equation 1; PyTorch's `affine_grid`.
 */
export const affineGrid = <D extends DType>(theta: X<D>, size: Shape, options: gs.AffineGridOptions = {}): X<D> =>
  new Tensor(gs.affineGrid(theta.node, size, options))
