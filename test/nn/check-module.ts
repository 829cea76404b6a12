import { enginesUnderTest } from '../engines.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, fromArray, type Shape, setEngine, type Tensor } from '../../src/index.ts'
import { type Module, mse, normalInit, type StateEntry } from '../../src/nn/index.ts'
import { adam } from '../../src/optim/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { expectClose } from '../optim/expect.ts'

export interface ModuleCheck<M extends Module, X extends Tensor> {
  /** The module, its initial values drawn from the generator. */
  readonly make: (source: Generator) => M
  readonly input: X
  readonly forward: (module: M, x: X) => Tensor<Shape, 'float32'>
  /** Shape of the output for that input. */
  readonly output: Shape
  /** Shapes of the parameters by path, in order. */
  readonly parameters: Readonly<Record<string, Shape>>
  /** Shapes of the state that is saved with them but not trained, by path. */
  readonly buffers?: Readonly<Record<string, Shape>>
}

/** Normal numbers that depend on the shape only. */
export const normal = <const S extends Shape>(shape: S): Tensor<S, 'float32'> =>
  fromArray(normalInit()(shape, new Generator(shape.length + 17)), shape, 'float32')

/** What is to be saved of a module, in arrays of its own. */
export const saved = (module: Module): Map<string, StateEntry> =>
  new Map(
    [...module.state()].map(([path, { dtype, shape, buffer }]) => [
      path,
      { dtype, shape, data: buffer.array.slice() as Float32Array },
    ]),
  )

/** What every module must do. Targets are random numbers: the batch must be small enough that the module can hit them all. */
export const checkModule = <M extends Module, X extends Tensor>(
  name: string,
  { make, input, forward, output, parameters, buffers = {} }: ModuleCheck<M, X>,
): void => {
  const size = (shape: Shape): number => shape.reduce((total, n) => total * n, 1)
  const trained = Object.keys(parameters).length > 0

  describe.each([...enginesUnderTest])(`${name} on the %s engine`, engine => {
    beforeAll(() => setEngine(engine, { always: true }))
    afterAll(() => setEngine('native', { always: true }))

    test('gives the documented shape, known before anything is computed', async () => {
      const y = forward(make(new Generator(1)), input)
      expect(y.shape).toEqual(output)
      const values = await y.data()
      expect(values.length).toBe(size(output))
      expect(values.every(Number.isFinite)).toBe(true)
    })

    test('has the documented state under its paths, and no other', () => {
      const module = make(new Generator(1))
      expect([...module.state()].map(([path, slot]) => [path, slot.shape])).toEqual(
        Object.entries({ ...parameters, ...buffers }),
      )
      expect([...module.namedParameters().keys()]).toEqual(Object.keys(parameters))
      expect(module.parameterCount()).toBe(Object.values(parameters).reduce((total, shape) => total + size(shape), 0))
    })

    test('begins with the same values for the same seed', () => {
      expect(saved(make(new Generator(1)))).toEqual(saved(make(new Generator(1))))
    })

    test('predicts the same when compiled', async () => {
      const module = make(new Generator(1)).eval()
      const compiled = compile((x: X) => forward(module, x))
      expectClose(await (await compiled(input)).data(), await forward(module, input).data(), 1e-6, 'output')
    })

    test('sets its whole tree to training and back', () => {
      const module = make(new Generator(1))
      const modes = (): boolean[] => module.modules().map(m => m.training)
      expect(modes()).not.toContain(false)
      expect(module.eval()).toBe(module)
      expect(modes()).not.toContain(true)
      module.train()
      expect(modes()).not.toContain(false)
    })

    test('gives the same output after its state was saved and loaded into another', async () => {
      const [module, other] = [make(new Generator(1)).eval(), make(new Generator(2)).eval()]
      const expected = await forward(module, input).data()
      other.loadState(saved(module))
      expect(await forward(other, input).data()).toEqual(expected)
      expect(saved(other)).toEqual(saved(module))
    })

    if (!trained) return

    test('gives every parameter a gradient', async () => {
      const module = make(new Generator(1))
      const optimizer = adam(module, { learningRate: 0 })
      const loss = forward(module, input).mul(normal(output)).sum()
      const gradients = await Promise.all(optimizer.gradients(loss).map(g => g.data()))
      for (const [i, path] of Object.keys(parameters).entries()) {
        const values = Array.from(gradients[i]!, Number)
        expect(values.length, path).toBe(size(parameters[path]!))
        expect(values.every(Number.isFinite), path).toBe(true)
        expect(
          values.some(g => Math.abs(g) > 1e-6),
          path,
        ).toBe(true)
      }
    })

    test('learns one batch by heart', async () => {
      const module = make(new Generator(1))
      const optimizer = adam(module, { learningRate: 0.1 })
      const target = normal(output)
      const losses: number[] = []
      for (let i = 0; i < 150; i++) losses.push(await optimizer.minimize(mse(forward(module, input), target)))
      expect(losses.at(-1)!).toBeLessThan(0.01 * losses[0]!)
    })
  })
}
