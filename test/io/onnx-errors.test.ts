import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { afterAll, describe, expect, test } from 'vitest'
import {
  ArgumentError,
  compile,
  DTypeError,
  FormatError,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from '../../src/index.ts'
import { importOnnx, importOnnxFile } from '../../src/io/index.ts'
import { buildModel, type GraphDef, type ModelDef, type NodeDef, type TensorDef } from './onnx-models.ts'

const folder = mkdtempSync(join(tmpdir(), 'gradus-onnx-errors-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const inner = join(folder, 'model')
mkdirSync(inner)
writeFileSync(join(inner, 'data.bin'), new Uint8Array(16))
writeFileSync(join(folder, 'secret.bin'), new Uint8Array(16))
symlinkSync(join(folder, 'secret.bin'), join(inner, 'link.bin'))

const again = 'The file is damaged or is no ONNX model: download or export it again.'
const distrust = 'Do not use this model unless you trust where it is from.'
const load = (model: ModelDef, options = {}) => importOnnx(buildModel(model), options)
const nodes = (...list: NodeDef[]): ModelDef => ({ inputs: ['x'], outputs: ['y'], nodes: list })
const weight = (t: TensorDef): ModelDef => ({ outputs: ['w'], initializers: [{ name: 'w', ...t }] })
const external = (entries: Record<string, string>): ModelDef => weight({ dims: [4], external: entries })

/** The error that something throws. */
const caught = (make: () => unknown): Error => {
  try {
    make()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

type Row = readonly [make: () => unknown, message: string]
const refused = (title: string, rows: readonly Row[]): void => {
  describe(title, () => {
    for (const [make, message] of rows) {
      test(message.length > 110 ? `${message.slice(0, 110)}…` : message, () => {
        const error = caught(make)
        expect(error).toBeInstanceOf(FormatError)
        expect(error.message).toBe(message)
      })
    }
  })
}

/** Graphs inside graphs. */
const nested = (depth: number): GraphDef => ({
  outputs: ['y'],
  nodes: [
    {
      op: depth === 0 ? 'Identity' : 'If',
      inputs: ['x'],
      outputs: ['y'],
      attributes:
        depth === 0 ? {} : { then_branch: { graph: nested(depth - 1) }, else_branch: { graph: { outputs: ['x'] } } },
    },
  ],
})
const raw = (write: (w: BinaryWriter) => void): Uint8Array => {
  const w = new BinaryWriter()
  write(w)
  return w.finish()
}
const whole = buildModel(nodes({ op: 'Neg', inputs: ['x'], outputs: ['y'] }))

refused('bytes that are no model', [
  [() => importOnnx(new Uint8Array()), `importOnnx: 0 bytes hold no graph. ${again}`],
  [
    () => importOnnx(whole.slice(0, 20)),
    `importOnnx: a ModelProto of 20 bytes cannot be decoded: premature EOF. ${again}`,
  ],
  [
    () => importOnnx(raw(w => w.tag(7, WireType.Varint).int64(3))),
    `importOnnx: field 7 of a ModelProto is encoded as wire type 0; 2 was expected. ${again}`,
  ],
  [
    () => load({ inputs: ['x'], ...nested(40) }),
    'importOnnx: graphs are nested more than 32 deep. No exporter writes such a model: do not use the file unless you trust where it is from.',
  ],
])

refused('graphs that do not go together', [
  [
    () => load(nodes({ op: 'Neg', name: 'n', inputs: ['z'], outputs: ['y'] })),
    'importOnnx: node "n" (Neg) takes the value "z", which nothing in the graph makes. The model is damaged or a part was cut out: export it again.',
  ],
  [
    () => load(nodes()),
    'importOnnx: an output of the graph takes the value "y", which nothing in the graph makes. The model is damaged or a part was cut out: export it again.',
  ],
  [
    () => load(nodes({ op: 'Neg', inputs: ['x'], outputs: ['y'] }, { op: 'Abs', inputs: ['x'], outputs: ['y'] })),
    'importOnnx: the graph makes "y" twice, the second time in node "y" (Abs). Each value must have a name of its own: export the model again.',
  ],
  [
    () =>
      load(
        nodes(
          { op: 'Add', name: 'a', inputs: ['x', 'b'], outputs: ['y'] },
          { op: 'Neg', name: 'b', inputs: ['y'], outputs: ['b'] },
        ),
      ),
    'importOnnx: the graph has a cycle through node "a" (Add). A node must not wait for its own result: export the model again.',
  ],
  [
    () =>
      load(
        nodes(
          { op: 'Twist', inputs: ['x'], outputs: ['a'] },
          { op: 'Knot', domain: 'my', inputs: ['a'], outputs: ['y'] },
        ),
      ),
    'importOnnx: the model uses operators that are not supported: Twist, my.Knot. Export it without them, or run it with ONNX Runtime.',
  ],
  [
    () => load({ ...nodes({ op: 'Neg', inputs: ['x'], outputs: ['y'] }), sparse: ['s'] }),
    'importOnnx: the graph has the sparse initializer "s". Sparse tensors are not supported: export the model with dense ones.',
  ],
  [
    () =>
      load({
        ...nodes({ op: 'F', domain: 'd', inputs: ['x'], outputs: ['y'] }),
        opsets: { d: 1 },
        functions: [
          {
            name: 'F',
            domain: 'd',
            inputs: ['a'],
            outputs: ['b'],
            nodes: [{ op: 'F', domain: 'd', inputs: ['a'], outputs: ['b'] }],
          },
        ],
      }).run([zeros([1])]),
    'importOnnx: functions call each other more than 64 deep, last "F". A function must not call itself: export the model again.',
  ],
])

refused('tensors that are not what they say', [
  [
    () => load(weight({ dims: [3], data: [1, 2] })),
    `importOnnx: the tensor "w" has 8 bytes of data; its shape [3] of float32 needs 12. ${again}`,
  ],
  [
    () => load(weight({ dims: [2, 2], type: 'int64', data: [1, 2, 3], field: 'typed' })),
    `importOnnx: the tensor "w" has 3 elements of data; its shape [2, 2] of int64 needs 4. ${again}`,
  ],
  [
    () => load(weight({ dims: [2, -1] })),
    `importOnnx: the tensor "w" has the shape [2, -1], and -1 is not a size. ${again}`,
  ],
  [
    () => load(weight({ dims: [2 ** 40, 2 ** 40] })),
    `importOnnx: the tensor "w" has the shape [1099511627776, 1099511627776], which no memory can hold. ${again}`,
  ],
  [
    () => load(weight({ dims: [2 ** 40] })),
    `importOnnx: the tensor "w" has 0 elements of data; its shape [1099511627776] of float32 needs 1099511627776. ${again}`,
  ],
  [
    () => load(weight({ dims: [2], type: 8 })),
    'importOnnx: the tensor "w" is of type string, which is not supported. Readable are float32, float64, float16, bfloat16, int32, int64, int8, int16, uint8, uint16, uint32, uint64, bool.',
  ],
])

refused('data outside the file', [
  [
    () => load(external({ location: 'data.bin' })),
    'importOnnx: the tensor "w" is in the file "data.bin" beside the model. Pass { folder }, or use importOnnxFile.',
  ],
  ...['../secret.bin', '/etc/passwd', 'a/../../secret.bin', 'C:\\secret.bin', '..\\secret.bin', ''].map(
    (location): Row => [
      () => load(external({ location }), { folder: inner }),
      `importOnnx: the tensor "w" is said to be in ${JSON.stringify(location)}; a path inside the model's folder was expected. ${distrust}`,
    ],
  ),
  [
    () => load(external({ location: 'link.bin' }), { folder: inner }),
    `importOnnx: the tensor "w" is said to be in "link.bin", a link out of the model's folder. ${distrust}`,
  ],
  [
    () => load(external({ location: 'data.bin', offset: '4', length: '16' }), { folder: inner }),
    'importOnnx: the tensor "w" is said to end at byte 20 of "data.bin", which has 16. The file is cut short: download or export it again.',
  ],
  [
    () => load(external({ location: 'data.bin', length: '8' }), { folder: inner }),
    'importOnnx: the tensor "w" has 8 bytes in "data.bin"; its shape needs 16. Export the model again.',
  ],
  [
    () => load(external({ location: 'data.bin', offset: '-4' }), { folder: inner }),
    'importOnnx: the tensor "w" has the external offset "-4"; a whole number of bytes was expected. Export the model again.',
  ],
  [
    () => load(external({ location: 'none.bin' }), { folder: inner }),
    'importOnnx: the tensor "w" is in "none.bin", which could not be read: no such file or directory (ENOENT). Check that the path is right and that its folder exists.',
  ],
  [
    () => load(external({ location: '.' }), { folder: inner }),
    `importOnnx: the tensor "w" is said to be in ".", which is no ordinary file. ${distrust}`,
  ],
])

const int64s = (name: string, ...data: number[]): TensorDef => ({ name, type: 'int64', dims: [data.length], data })
const once = (op: string, inputs: readonly string[], more: ModelDef = {}, attributes: NodeDef['attributes'] = {}) =>
  load({ inputs: ['x'], outputs: ['y'], nodes: [{ op, name: 'n', inputs, outputs: ['y'], attributes }], ...more })
refused('nodes that cannot be built', [
  [
    () => once('Expand', ['x', 's'], { initializers: [int64s('s', 10 ** 6, 10 ** 6)] }).run([zeros([1, 1])]),
    'importOnnx: node "n" (Expand) makes a value of shape [1000000, 1000000], 1000000000000 elements. At most 268435456 are allowed: check the model, or pass { maxElements }.',
  ],
  [
    () =>
      load({
        outputs: ['y'],
        initializers: [int64s('s', -3)],
        nodes: [{ op: 'ConstantOfShape', name: 'n', inputs: ['s'], outputs: ['y'] }],
      }).run({}),
    'importOnnx: node "n" (ConstantOfShape) makes a value of shape [-3]. Sizes must be whole numbers of at least 0: check the model.',
  ],
  [
    () =>
      load({
        inputs: ['x'],
        outputs: ['y'],
        initializers: [{ name: 'm', type: 'int64', data: [2 ** 40] }],
        nodes: [
          {
            op: 'Loop',
            name: 'n',
            inputs: ['m', '', 'x'],
            outputs: ['y'],
            attributes: { body: { graph: { inputs: ['i', 'go', 's'], outputs: ['go', 's'] } } },
          },
        ],
      }).run([zeros([1])]),
    'importOnnx: node "n" (Loop) makes the graph larger than 100000 nodes. Loops are unrolled: run the model with fewer steps, or pass { maxNodes }.',
  ],
  [
    () => once('Reshape', ['x', 's'], { initializers: [int64s('s', 5)] }).run([zeros([2, 3])]),
    'importOnnx: node "n" (Reshape): reshape: cannot view [2, 3] (6 elements) as [5]. The sizes must multiply to 6; one of them may be -1.',
  ],
  [
    () => once('Add', ['x', 's'], { initializers: [int64s('s', 5)] }).run([zeros([1])]),
    'importOnnx: node "n" (Add): add: dtypes differ: float32 and int64. Convert one of them, such as b.to(\'float32\').',
  ],
  [
    () => once('Add', ['x', '']).run([zeros([1])]),
    'importOnnx: node "n" (Add) has no input 1. This operator cannot do without it.',
  ],
  [
    () => once('Concat', ['x', 'x']).run([zeros([1])]),
    'importOnnx: node "n" (Concat) has no attribute "axis". This operator needs it, of kind int.',
  ],
  [
    () => once('Concat', ['x', 'x'], {}, { axis: 'rows' }).run([zeros([1])]),
    'importOnnx: node "n" (Concat) has the attribute "axis" of kind string. Expected is int.',
  ],
  [
    () => once('Gelu', ['x'], {}, { approximate: 'sine' }).run([zeros([1])]),
    'importOnnx: node "n" (Gelu) has approximate "sine". Expected is one of none, tanh.',
  ],
  [
    () => once('Cast', ['x'], {}, { to: 8 }).run([zeros([1])]),
    'importOnnx: "to" of node "n" (Cast) is of type string, which is not supported. Readable are float32, float64, float16, bfloat16, int32, int64, int8, int16, uint8, uint16, uint32, uint64, bool.',
  ],
])

test('a shape that depends on what is not known is refused, naming the node and the input', async () => {
  const model = once('Reshape', ['x', 's'], { inputs: ['x', { name: 's', type: 'int64', shape: [1] }] })
  const reshaped = compile((x: Tensor, s: Tensor) => model.run({ x, s }).y!)
  await expect(reshaped(zeros([2, 3]), tensor([6n]))).rejects.toThrow(
    'importOnnx: node "n" (Reshape) needs the values of its input "s" while the graph is built, and they depend on something not known then. Pass what they depend on as a tensor that holds values (outside compile), or make it a constant of the model.',
  )
})

describe('inputs that are not those of the model', () => {
  const model = load({
    inputs: [
      { name: 'x', shape: ['n', 3] },
      { name: 'k', type: 'int64', shape: ['n'] },
    ],
    outputs: ['x'],
  })
  const x = zeros([2, 3])
  const k = tensor([1n, 2n])
  const list = 'Its inputs are "x", "k".'
  for (const [Kind, inputs, message] of [
    [ArgumentError, [x], `run: got 1 inputs; the model takes 2. ${list}`],
    [ArgumentError, { x }, `run: the input "k" is missing. ${list}`],
    [ArgumentError, { x, k, z: x }, `run: the model has no input "z". ${list}`],
    [
      DTypeError,
      { x: x.to('float64'), k },
      `run: the input "x" is float64; the model declares float32. Convert with x.to('float32').`,
    ],
    [ShapeError, { x: zeros([2, 4]), k }, 'run: the input "x" is [2, 4]. The model declares [n, 3].'],
    [ShapeError, { x: zeros([3]), k }, 'run: the input "x" is [3]. The model declares [n, 3].'],
    [
      ShapeError,
      { x, k: tensor([1n]) },
      'run: the input "k" is [1], declared as [n]; another input has "n" 2. Sizes of one name must be equal.',
    ],
  ] as const) {
    test(message, () => {
      const error = caught(() => model.run(inputs as never))
      expect(error).toBeInstanceOf(Kind)
      expect(error.message).toBe(message)
    })
  }
})

test('limits that are no numbers and files that are not there are refused', async () => {
  expect(caught(() => importOnnx(whole, { maxElements: 0 })).message).toBe(
    'importOnnx: maxElements must be a whole number of at least 1; got 0.',
  )
  expect(caught(() => importOnnx(whole, { maxNodes: 1.5 })).message).toBe(
    'importOnnx: maxNodes must be a whole number of at least 1; got 1.5.',
  )
  await expect(importOnnxFile(join(folder, 'none.onnx'))).rejects.toThrow(
    `${join(folder, 'none.onnx')}: could not be read: no such file or directory (ENOENT). Check that the path is right and that its folder exists.`,
  )
})
