import {
  ArgumentError,
  compile,
  engineName,
  fromArray,
  type Shape,
  type Tensor,
  tensor,
  valueAndGrad,
  grad,
} from 'gradus'
import * as nn from 'gradus/nn'
import { sgd } from 'gradus/optim'
import type { Core, Plain } from '../../kit/lab.ts'
import { loadModelFiles, modelFiles } from '../../kit/model-files.ts'
import type { Settings } from './about.ts'
import { type Float, type Labels, pointLosses, scoresOf, totalLoss } from './losses.ts'
import { pointsOf } from './own-points.ts'
import { program } from './program.ts'
import { type LinearShot, reach, side } from './shot.ts'
import { surfaceOf } from './surface.ts'

type Triple = readonly [w1: number, w2: number, b: number]
type Rows = Tensor<Shape, 'float32'>

/** Steps of the path that are kept; beyond, every second one is left out. */
const longest = 2000

export const core: Core<Settings, LinearShot> = {
  program,
  async prepare(first, own) {
    let settings = first
    const { loss } = settings
    const data = pointsOf(settings, own)
    const { x, y, classes } = data
    const N = y.length
    const K = loss === 'softmax' ? Math.max(2, classes.length) : 1
    // What is shown is computed in float64, where the engine can, so that a finite difference of it can be trusted.
    const wide = (engineName() === 'webgpu' ? 'float32' : 'float64') as 'float64'
    const wideTensor = (values: ArrayLike<number>, shape: Shape): Float =>
      fromArray(wide === 'float64' ? Float64Array.from(values) : (Float32Array.from(values) as never), shape, wide)
    const signs = Array.from(y, k => (k === 1 ? 1 : -1))
    const index = fromArray(Int32Array.from(y), [N], 'int32')
    const labels: Labels = { signs: wideTensor(signs, [N]), index }
    const narrow: Labels = { signs: tensor(signs, 'float32') as never, index }
    const X = wideTensor(x, [N, 2])
    const trainX = fromArray(Float32Array.from(x), [N, 2], 'float32') as Rows
    const plane = wideTensor(planeCells(), [side * side, 2])

    const model = nn.linear(2, K, { init: nn.constantInit(0) })
    // With softmax the weights that are set are those of one class; the others begin with zeros.
    const at = K === 1 ? 0 : 1
    const weight = new Float32Array(2 * K)
    weight.set([settings.w1, settings.w2], 2 * at)
    const bias = new Float32Array(K)
    bias[at] = settings.b
    model.weight.set({ dtype: 'float32', array: weight })
    model.bias!.set({ dtype: 'float32', array: bias })
    const optimizer = sgd(model, { learningRate: () => settings.learningRate })

    // One graph for all steps: only the penalty's strength goes in.
    const update = compile((penalty: Settings['penalty'], strength: Tensor) => {
      const [W, b] = [model.weight.value, model.bias!.value] as unknown as [Float, Float]
      const scores = scoresOf(loss, trainX as unknown as Float, W, b)
      const total = totalLoss({ loss, penalty, strength }, scores, W, narrow)
      optimizer.step(optimizer.gradients(total))
      return total
    })
    const measuring = compile((penalty: Settings['penalty'], strength: Float, W: Float, b: Float) => {
      const of = (parts: { readonly W: Float; readonly b: Float }) =>
        totalLoss({ loss, penalty, strength }, scoresOf(loss, X, parts.W, parts.b), parts.W, labels)
      const { value, gradient } = valueAndGrad(of)({ W, b })
      const scores = scoresOf(loss, X, W, b)
      const losses = pointLosses(loss, scores, labels)
      const slopes = grad((s: Float) => pointLosses(loss, s, labels).sum() as Float)(scores)
      return {
        value: value as unknown as Float,
        dW: gradient.W,
        db: gradient.b,
        scores,
        losses,
        slopes,
        mean: losses.mean() as Float,
      }
    })
    const scoring = compile((W: Float, b: Float) => scoresOf(loss, plane, W, b))
    const surface = surfaceOf(loss, X, labels)

    /** The weights as they are now, in output order. */
    const weights = async (): Promise<{ readonly W: Float; readonly b: Float; readonly rows: readonly Triple[] }> => {
      await model.fetch()
      const [w, b] = [model.weight.buffer.array, model.bias!.buffer.array] as [Float32Array, Float32Array]
      const rows = Array.from({ length: K }, (_, k): Triple => [w[2 * k]!, w[2 * k + 1]!, b[k]!])
      return { W: wideTensor(w, [K, 2]), b: wideTensor(b, [K]), rows }
    }
    const strengthNow = (dtype: 'float32' | 'float64'): Float => tensor(settings.strength, dtype) as unknown as Float
    const accuracyOf = (scores: ArrayLike<number>): number => {
      let right = 0
      for (let i = 0; i < N; i++) if (winner(scores, i, K) === y[i]) right += 1
      return right / N
    }
    const measure = async (W: Float, b: Float) => {
      const found = await measuring(settings.penalty, strengthNow(wide), W, b)
      const scores = Float64Array.from(await found.scores.data())
      return { ...found, scores, loss: Number(await found.value.item()), accuracy: accuracyOf(scores) }
    }

    let path: number[][] = []
    let every = 1
    let step = 0
    const remember = (rows: readonly Triple[]): void => {
      if (step % every === 0) path.push(rows.flatMap(row => row.slice(0, 2)))
      if (path.length > longest) {
        path = path.filter((_, i) => i % 2 === 0)
        every *= 2
      }
    }
    remember((await weights()).rows)

    return {
      ...(data.report && { report: data.report }),
      set: next => {
        settings = next
      },
      async step() {
        await update(settings.penalty, strengthNow('float32'))
        step += 1
        const { W, b, rows } = await weights()
        remember(rows)
        const now = await measure(W, b)
        return { loss: now.loss, accuracy: now.accuracy }
      },
      async shot() {
        const { W, b, rows } = await weights()
        const now = await measure(W, b)
        const [losses, slopes] = [
          Float64Array.from(await now.losses.data()),
          Float64Array.from(await now.slopes.data()),
        ]
        const [dW, db] = [await now.dW.data(), await now.db.data()]
        const gradients = rows.map((_, k): Triple => [dW[2 * k]!, dW[2 * k + 1]!, db[k]!])
        const cells = await (await scoring(W, b)).data()
        const region = new Int32Array(side * side)
        const sure = new Float32Array(side * side)
        for (let i = 0; i < region.length; i++) {
          region[i] = winner(cells, i, K)
          sure[i] = certainty(cells, i, K)
        }
        const row = K === 1 ? 0 : Math.min(settings.shownClass, K - 1)
        const trail = step % every === 0 ? path : [...path, rows.flatMap(one => one.slice(0, 2))]
        const taken = Float32Array.from(trail.flatMap(point => point.slice(2 * row, 2 * row + 2)))
        const over = await surface({ settings, rows, row, path: taken, tensors: { W, b, strength: strengthNow(wide) } })
        const mean = Number(await now.mean.item())
        const named = ([w1, w2, bias]: Triple): Plain => ({ w1, w2, b: bias })
        const facts: Record<string, Plain> = {
          loss: now.loss,
          meanLoss: mean,
          penalty: now.loss - mean,
          accuracy: now.accuracy,
          points: N,
          zero: losses.filter(one => one === 0).length,
          weights: named(rows[row]!),
          gradient: named(gradients[row]!),
          ...(K > 1 && { allWeights: rows.map(named), allGradients: gradients.map(named) }),
          ...(N <= 200 && {
            each: Array.from(
              { length: N },
              (_, i): Plain => ({
                x: x[2 * i]!,
                y: x[2 * i + 1]!,
                class: y[i]!,
                scores: Array.from(now.scores.subarray(i * K, (i + 1) * K)),
                loss: losses[i]!,
              }),
            ),
          }),
        }
        const { scores } = now
        const { axes } = data
        const shown = {
          x,
          y,
          classes,
          axes,
          scores,
          losses,
          slopes,
          outputs: K,
          region,
          sure,
          weights: rows,
          gradients,
        }
        return { facts, ...shown, ...over, row, path: taken, table: own !== null }
      },
      async ask(question) {
        // The loss that the line would have elsewhere.
        const { w1, w2, b } = question as { readonly w1: number; readonly w2: number; readonly b: number }
        if (![w1, w2, b].every(Number.isFinite)) throw new ArgumentError('ask: needs numbers w1, w2 and b.')
        const { rows } = await weights()
        const row = K === 1 ? 0 : Math.min(settings.shownClass, K - 1)
        const moved = rows.map((one, k) => (k === row ? ([w1, w2, b] as const) : one))
        const W = wideTensor(
          moved.flatMap(one => one.slice(0, 2)),
          [K, 2],
        )
        return {
          loss: (
            await measure(
              W,
              wideTensor(
                moved.map(one => one[2]),
                [K],
              ),
            )
          ).loss,
        }
      },
      files: () =>
        modelFiles({
          ...saved(),
          onnx: { run: input => model.forward(input as Rows), x: fromArray(new Float32Array(2), [1, 2], 'float32') },
        }),
      async load(files) {
        loadModelFiles(files, saved())
        path = []
        step = 0
        every = 1
        remember((await weights()).rows)
      },
    }

    function saved() {
      return { lab: 'linear', model, config: { inputs: 2, outputs: K } }
    }
  },
}

/** The class with the greatest score; of a single score, class 1 from 0 on. */
const winner = (scores: ArrayLike<number>, i: number, K: number): number => {
  if (K === 1) return scores[i]! >= 0 ? 1 : 0
  let best = 0
  for (let k = 1; k < K; k++) if (scores[i * K + k]! > scores[i * K + best]!) best = k
  return best
}

/** From 0 on the boundary towards 1: for colours only. */
const certainty = (scores: ArrayLike<number>, i: number, K: number): number => {
  if (K === 1) return Math.tanh(Math.abs(scores[i]!) / 2)
  const best = winner(scores, i, K)
  let second = Number.NEGATIVE_INFINITY
  for (let k = 0; k < K; k++) if (k !== best) second = Math.max(second, scores[i * K + k]!)
  return Math.tanh((scores[i * K + best]! - second) / 2)
}

/** The middles of the plane's cells. */
const planeCells = (): Float64Array => {
  const grid = new Float64Array(2 * side * side)
  for (let r = 0; r < side; r++) {
    for (let c = 0; c < side; c++) {
      grid[2 * (r * side + c)] = -reach + ((c + 0.5) * 2 * reach) / side
      grid[2 * (r * side + c) + 1] = -reach + ((r + 0.5) * 2 * reach) / side
    }
  }
  return grid
}
