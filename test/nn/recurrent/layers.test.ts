import { describe, expect, test } from 'vitest'
import { compile, fromArray, grad, jvp, type Shape, type Tensor, tensor, vmap, zeros } from '../../../src/index.ts'
import * as nn from '../../../src/nn/index.ts'
import { Generator } from '../../../src/tensor/random.ts'
import { expectClose } from '../../optim/expect.ts'
import { checkModule, normal } from '../check-module.ts'

type Floats = Tensor<Shape, 'float32'>
const lengthsOf = (...lengths: number[]): Tensor<Shape, 'int32'> =>
  fromArray(Int32Array.from(lengths), [lengths.length], 'int32')

checkModule('lstm', {
  make: generator => nn.lstm(3, 6, { generator }),
  input: normal([1, 2, 3]),
  forward: (m, x) => m.forward(x).output.mul(4) as Floats, // outputs are below 1, targets are not
  output: [1, 2, 6],
  parameters: { weight_ih_l0: [24, 3], weight_hh_l0: [24, 6], bias_ih_l0: [24], bias_hh_l0: [24] },
})

checkModule('bidirectional gru', {
  make: generator => nn.gru(3, 3, { bidirectional: true, bias: false, generator }),
  input: normal([1, 2, 3]),
  forward: (m, x) => m.forward(x).output.mul(4) as Floats,
  output: [1, 2, 6],
  parameters: {
    weight_ih_l0: [9, 3],
    weight_hh_l0: [9, 3],
    weight_ih_l0_reverse: [9, 3],
    weight_hh_l0_reverse: [9, 3],
  },
})

checkModule('lstmCell', {
  make: generator => nn.lstmCell(3, 4, { generator }),
  input: normal([1, 3]),
  forward: (m, x) => m.step(x, m.step(x)).h.mul(4) as Floats,
  output: [1, 4],
  parameters: { weight_ih: [16, 3], weight_hh: [16, 4], bias_ih: [16], bias_hh: [16] },
})

describe('recurrent layers', () => {
  test('read on where a state was left: in pieces as in one go', async () => {
    for (const kind of nn.recurrentKinds) {
      const layer = nn.recurrentLayerOf(kind)(3, 4, { numLayers: 2, generator: new Generator(3) })
      const x = normal([2, 7, 3]) as Floats
      const whole = layer.forward(x)
      const first = layer.forward(x.slice(null, { end: 3 }) as Floats)
      const second = layer.forward(x.slice(null, { start: 3 }) as Floats, { state: first.state })
      expectClose(await whole.output.slice(null, { start: 3 }).data(), await second.output.data(), 1e-6, kind)
      for (const key of Object.keys(whole.state) as ('h' | 'c')[])
        expectClose(await whole.state[key]!.data(), await second.state[key]!.data(), 1e-6, `${kind} ${key}`)
    }
  })

  test('a row of length 0 keeps its state and gives zeros, and what lies behind an end has no gradient', async () => {
    const layer = nn.gru(2, 3, { generator: new Generator(3) })
    const start = { h: normal([1, 2, 3]) as Floats }
    const x = normal([2, 4, 2]) as Floats
    const lengths = lengthsOf(0, 2)
    const { output, state } = layer.forward(x, { state: start, lengths })
    expect((await output.slice(0).data()).every(v => v === 0)).toBe(true)
    expectClose(await state.h.slice(0, 0).data(), await start.h.slice(0, 0).data(), 0, 'state')
    const gradient = await grad((given: Floats) => layer.forward(given, { state: start, lengths }).output.sum())(x)
    const values = Array.from(await gradient.data(), v => v !== 0)
    expect(values).toEqual([...Array(8).fill(false), ...Array(4).fill(true), ...Array(4).fill(false)])
  })

  test('drop while training between layers, not behind the last', async () => {
    const x = normal([1, 5, 3]) as Floats
    const make = (numLayers: number) => nn.lstm(3, 4, { numLayers, dropout: 0.5, generator: new Generator(3) })
    const difference = async (layer: nn.Lstm): Promise<number> =>
      layer.forward(x).output.sub(layer.eval().forward(x).output).abs().max().item()
    expect(await difference(make(1))).toBe(0)
    expect(await difference(make(2))).toBeGreaterThan(0.001)
    const layer = make(2).eval()
    expect(await difference(layer)).toBe(0)
  })

  test('an LSTM’s forget gate begins as far open as asked, and the other gates as ever', async () => {
    const biasOf = async (forgetBias: number): Promise<number[]> => {
      const layer = nn.lstm(3, 2, { forgetBias, generator: new Generator(3) })
      return Array.from((await layer.namedParameters().get('bias_ih_l0')!.value.data()) as Float32Array)
    }
    const [plain, moved] = [await biasOf(0), await biasOf(2)]
    const difference = moved.map((b, i) => Math.round((b - plain[i]!) * 1e5) / 1e5)
    expect(difference).toEqual([0, 0, 2, 2, 0, 0, 0, 0])
    expect(() => nn.lstm(3, 2, { forgetBias: 1, bias: false })).toThrow(
      'lstm: forgetBias must be a finite number, and 0 where there is no bias; got 1.',
    )
  })

  test('have gradients by example, gradients of gradients, and tangents', async () => {
    for (const kind of nn.recurrentKinds) {
      const layer = nn.recurrentLayerOf(kind)(3, 4, { generator: new Generator(3) })
      const f = (x: Floats): Tensor<readonly [], 'float32'> => layer.forward(x).output.square().sum()
      const slope = grad(f) as (x: Floats) => Floats
      const examples = normal([3, 2, 4, 3]) as Floats
      const [x, v] = [examples.slice(0) as Floats, examples.slice(2) as Floats]
      const each = vmap(slope)(examples) as Floats
      expectClose(await each.slice(0).data(), await slope(x).data(), 1e-6, `${kind}: one of three`)
      const along = slope(x).mul(v).sum() as Floats
      expect(await jvp(f, x, v).tangent.item()).toBeCloseTo(await along.item(), 4)
      const second = grad((y: Floats) => slope(y).mul(v).sum() as Tensor<readonly [], 'float32'>)(x) as Floats
      const step = v.mul(0.01) as Floats
      const difference = slope(x.add(step) as Floats)
        .sub(slope(x.sub(step) as Floats))
        .div(0.02)
      expectClose(await second.data(), await difference.data(), 3e-4, `${kind}: second`)
    }
  })

  test('read sequences of another length after they were compiled', async () => {
    const layer = nn.lstm(3, 4, { generator: new Generator(3) })
    const run = compile((x: Floats) => layer.forward(x).output)
    for (const length of [1, 2, 9]) {
      const x = normal([2, length, 3]) as Floats
      expectClose(await (await run(x)).data(), await layer.forward(x).output.data(), 1e-6, `length ${length}`)
    }
  })

  test('say what does not fit', () => {
    const layer = nn.lstm(3, 4)
    const x = zeros([2, 5, 3]) as Floats
    expect(() => layer.forward(zeros([5, 3]) as Floats)).toThrow(
      'lstm: x is [5, 3]. Expected [B, T, 3] with at least one step; a single sequence gets its batch axis with x.expandDims(0).',
    )
    expect(() => layer.forward(x, { lengths: lengthsOf(1, 2, 3) })).toThrow(
      'lstm: lengths are [3]. Expected [2], one for each row of x.',
    )
    expect(() => layer.forward(x, { lengths: tensor([1, 2]) as never })).toThrow(
      "lstm: lengths are float32. Convert them with lengths.to('int32').",
    )
    expect(() => layer.forward(x, { state: { h: zeros([1, 2, 4]) } as never })).toThrow(
      'lstm: the state has no c. Pass one of shape [1, 2, 4], or no state.',
    )
    expect(() => layer.forward(x, { state: { h: zeros([1, 1, 4]), c: zeros([1, 2, 4]) } })).toThrow(
      "lstm: the state's h is [1, 1, 4]. Expected [1, 2, 4], as a call with a batch of 2 returns it.",
    )
    expect(() => nn.gru(3, 0)).toThrow('gru: hiddenSize must be a whole number of at least 1; got 0.')
    expect(() => nn.rnn(3, 4, { nonlinearity: 'sigmoid' as never })).toThrow(
      'rnn: nonlinearity must be tanh or relu; got "sigmoid".',
    )
    expect(() => nn.lstmCell(3, 4).step(zeros([2, 4]) as Floats)).toThrow('lstmCell: x is [2, 4]. Expected [B, 3].')
    expect(() => nn.recurrentLayerOf('lstn' as never)).toThrow('Did you mean "lstm"?')
  })
})
