import { describe, expect, test } from 'vitest'
import { leaf } from '../../src/graph/node.ts'
import { printProgram, programOf, structuralHash } from '../../src/graph/program.ts'
import { arange, full, ones, randn, setSeed, type Shape, type Tensor, tensor, zeros } from '../../src/index.ts'

const hash = (...x: readonly Tensor[]): string => structuralHash(x.map(t => t.node))
type F = Tensor<Shape, 'float32'>
/** A graph of some size on given leaves. */
const build = (x: F, y: F): F => x.matmul(y).relu().add(1).sum(0, { keepDims: true }).softmax()

describe('the structural hash', () => {
  test('is equal for graphs built alike on other tensors', () => {
    expect(hash(build(zeros([2, 3]), ones([3, 4])))).toBe(hash(build(zeros([2, 3]), ones([3, 4]))))
    expect(hash(tensor([1, 2]).exp())).toBe(hash(tensor([3, 4]).exp()))
    expect(hash(tensor([1, 2]).exp())).toMatch(/^[0-9a-f]{16}$/)
  })

  test('does not see where values come from, only that they come from outside', () => {
    setSeed(0)
    const argument = leaf({ shape: [2], dtype: 'float32' }, { kind: 'argument', index: 5 })
    expect(structuralHash([argument])).toBe(hash(tensor([1, 2])))
    expect(hash(randn([2]).exp())).toBe(hash(tensor([1, 2]).exp()))
  })

  const x = tensor([1, 2])
  const y = tensor([3, 4])
  const different: Readonly<Record<string, readonly (readonly Tensor[])[]>> = {
    operations: [[x.exp()], [x.log()], [x.neg()]],
    shapes: [[tensor([1, 2]).exp()], [tensor([1, 2, 3]).exp()], [tensor([[1, 2]]).exp()], [tensor(1).exp()]],
    dtypes: [[x.neg()], [x.to('float64').neg()], [tensor([1, 2], 'float64').neg()], [tensor([1, 2], 'int32').neg()]],
    constants: [[x.add(1)], [x.add(2)], [x.add(1.0000001)], [x.add(0)], [x.add(-0)], [x.add(Number.NaN)]],
    infinities: [[x.add(Number.POSITIVE_INFINITY)], [x.add(Number.NEGATIVE_INFINITY)], [x.add(Number.MAX_VALUE)]],
    options: [[x.sum(0)], [x.sum(0, { keepDims: true })], [x.cumsum(0)], [x.cumsum(0, { reverse: true })]],
    inputs: [[x.sub(y)], [y.sub(x).add(x.sub(y))], [x.sub(x)]],
    outputs: [[x.exp()], [x.exp(), x.log()], [x.log(), x.exp()], [x.exp(), x.exp()], [x]],
    order: [[x.slice({ end: 1 })], [x.slice({ start: 1 })], [x.flip()]],
    ranges: [[arange(0, 5)], [arange(1, 6)], [arange(0, 10, { step: 2 })], [arange(0, 5, { dtype: 'int32' })]],
  }
  test.each(Object.entries(different))('differs between %s', (_, graphs) => {
    const hashes = graphs.map(g => hash(...g))
    expect(new Set(hashes).size).toBe(graphs.length)
  })

  test('tells which of two equal inputs goes where', () => {
    expect(hash(x.sub(y).mul(x))).not.toBe(hash(x.sub(y).mul(y)))
  })
})

describe('a program', () => {
  test('holds equal expressions once and lists its inputs in order', () => {
    const [x, y] = [zeros([2]), tensor([1, 2])]
    const { program, leaves } = programOf([y.exp().mul(y.exp()), y.exp()].map(t => t.node))
    expect(leaves).toEqual([y.node])
    expect(program.instructions.map(i => i.op?.name ?? 'input')).toEqual(['input', 'exp', 'mul'])
    expect(program.outputs).toEqual([2, 1])
    expect(programOf([x.node]).program.inputs).toEqual([])
  })

  test('prints one instruction a line', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ])
    const { program } = programOf([x.sum(1).add(0.5).node])
    expect(printProgram(program)).toBe(
      [
        '%0 = input() : float32[2, 2]',
        '%1 = sum(%0) {"axes":[1],"keepDims":false} : float32[2]',
        '%2 = constant() {"value":0.5,"dtype":"float32"} : float32[]',
        '%3 = add(%1, %2) : float32[2]',
        'return %3',
      ].join('\n'),
    )
    expect(printProgram(programOf([full([], -0).node]).program)).toContain('"value":"-0"')
  })
})
