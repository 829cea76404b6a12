import type { OnnxAttr } from '../../graph/lowering.ts'
import * as functions from './lane-functions.ts'
import type { HostFunction, Kind, LaneInstruction, Lanes } from './lanes.ts'

/** What is done to the lanes of a node's arguments: plain data, whose text is its identity. */
export type LaneFunction =
  | { readonly instruction: LaneInstruction; readonly swapped?: true }
  | { readonly named: keyof typeof compositions; readonly value?: number }
  | { readonly host: HostFunction }
  | { readonly cast: Kind; readonly to: Kind }
  | { readonly same: true }

interface Found {
  readonly call: LaneFunction
  /** What the result is. */
  readonly kind: Kind
}
/** The function that an ONNX operator is for inputs of these kinds (null where one is left out); null where lanes have none. */
type Operator = (kinds: readonly (Kind | null)[], attrs: Readonly<Record<string, OnnxAttr>>) => Found | null

const compositions = {
  exp: functions.exp,
  log: functions.log,
  tanh: functions.tanh,
  erf: functions.erf,
  sign: functions.sign,
  signInt: functions.signInt,
  pow: functions.pow,
  /** The bounds that are not there count as met. */
  clip: (l: Lanes, x: number, low = -1, high = -1): number => {
    const raised = low < 0 ? x : l.call('greater', x, low)
    return high < 0 ? raised : l.call('lesser', raised, high)
  },
  clipInt: (l: Lanes, x: number, low = -1, high = -1): number => {
    const raised = low < 0 ? x : l.call('maxInt', x, low)
    return high < 0 ? raised : l.call('minInt', raised, high)
  },
  where: (l: Lanes, condition: number, a: number, b: number): number => l.call('select', a, b, condition),
  equalMask: (l: Lanes, a: number, b: number): number => l.call('not', l.call('xor', a, b)),
  elu: (l: Lanes, x: number, alpha: number): number => {
    const left = l.call('min', x, l.number(0))
    const t = functions.tanh(l, l.call('mul', left, l.number(0.5)))
    const near = l.call('div', l.call('add', t, t), l.call('sub', l.number(1), t))
    const far = l.call('sub', functions.exp(l, left), l.number(1))
    const expm1 = l.call('select', near, far, l.call('less', l.number(-1), left))
    return l.call('select', x, l.call('mul', l.number(alpha), expm1), l.call('less', l.number(0), x))
  },
  leaky: (l: Lanes, x: number, alpha: number): number =>
    l.call('select', x, l.call('mul', l.number(alpha), x), l.call('less', l.number(0), x)),
} as const

type ByKind = Partial<Record<Kind, LaneFunction>>
const instruction = (name: LaneInstruction): LaneFunction => ({ instruction: name })
const named = (name: keyof typeof compositions): LaneFunction => ({ named: name })
/** Results of the arguments' kind, or conditions. */
const operator =
  (byKind: ByKind, result?: Kind): Operator =>
  ([kind]) => {
    const call = kind && byKind[kind]
    return call ? { call, kind: result ?? kind } : null
  }
const both = (float: LaneInstruction, int: LaneInstruction): Operator =>
  operator({ float: instruction(float), int: instruction(int) })
const floats = (name: LaneInstruction): Operator => operator({ float: instruction(name) })
const composed = (name: keyof typeof compositions): Operator => operator({ float: named(name) })
const hosted = (name: HostFunction): Operator => operator({ float: { host: name } })
const masks = (name: LaneInstruction): Operator => operator({ mask: instruction(name) })
/** Of more than two values ONNX has minima too; no lowering of ours asks for them. */
const ofTwo =
  (given: Operator): Operator =>
  (kinds, attrs) =>
    kinds.length === 2 ? given(kinds, attrs) : null
const sloped =
  (name: 'elu' | 'leaky', fallback: number): Operator =>
  ([kind], { alpha }) => {
    const value = typeof alpha === 'object' && 'float' in alpha ? alpha.float : fallback
    return kind === 'float' ? { call: { named: name, value }, kind } : null
  }

/** ONNX operators that are computed element by element. */
export const operators: Readonly<Record<string, Operator>> = {
  Add: both('add', 'addInt'),
  Sub: both('sub', 'subInt'),
  Mul: both('mul', 'mulInt'),
  Div: floats('div'),
  Neg: both('neg', 'negInt'),
  Abs: both('abs', 'absInt'),
  Sign: operator({ float: named('sign'), int: named('signInt') }),
  Floor: floats('floor'),
  Ceil: floats('ceil'),
  Round: floats('round'),
  Min: ofTwo(both('min', 'minInt')),
  Max: ofTwo(both('max', 'maxInt')),
  Sqrt: floats('sqrt'),
  Exp: composed('exp'),
  Log: composed('log'),
  Tanh: composed('tanh'),
  Erf: composed('erf'),
  Pow: composed('pow'),
  Sin: hosted('sin'),
  Cos: hosted('cos'),
  Tan: hosted('tan'),
  Asin: hosted('asin'),
  Acos: hosted('acos'),
  Atan: hosted('atan'),
  Mod: ([kind], { fmod }) => (kind === 'float' && fmod === 1 ? { call: { host: 'fmod' }, kind } : null),
  Clip: operator({ float: named('clip'), int: named('clipInt') }),
  Elu: sloped('elu', 1),
  LeakyRelu: sloped('leaky', 0.01),
  Less: operator({ float: instruction('less'), int: instruction('lessInt') }, 'mask'),
  Greater: operator(
    { float: { instruction: 'less', swapped: true }, int: { instruction: 'lessInt', swapped: true } },
    'mask',
  ),
  Equal: operator({ float: instruction('equal'), int: instruction('equalInt'), mask: named('equalMask') }, 'mask'),
  And: masks('and'),
  Or: masks('or'),
  Xor: masks('xor'),
  Not: masks('not'),
  BitwiseAnd: operator({ int: instruction('and') }),
  BitwiseOr: operator({ int: instruction('or') }),
  BitwiseXor: operator({ int: instruction('xor') }),
  BitwiseNot: operator({ int: instruction('not') }),
  Identity: ([kind]) => (kind ? { call: { same: true }, kind } : null),
  Where: ([, kind]) => (kind ? { call: named('where'), kind } : null),
}

/** One lane value as another kind. */
const castLanes = (l: Lanes, from: Kind, to: Kind, x: number): number => {
  if (to === 'mask') return from === 'float' ? l.call('notEqual', x, l.number(0)) : l.call('notEqualInt', x, l.bits(0))
  if (from === 'mask') return l.call('and', x, to === 'float' ? l.number(1) : l.bits(1))
  return l.call(to === 'int' ? 'toInt' : 'toFloat', x)
}

/** Writes a function's instructions on lanes; an argument that is not there is −1. */
export const writeCall = (l: Lanes, call: LaneFunction, args: readonly number[]): number => {
  if ('same' in call) return args[0]!
  if ('instruction' in call) return l.call(call.instruction, ...(call.swapped ? [...args].reverse() : args))
  if ('host' in call) return l.host(call.host, ...args)
  if ('cast' in call) return castLanes(l, call.cast, call.to, args[0]!)
  const write = compositions[call.named] as (l: Lanes, ...args: number[]) => number
  return write(l, ...args, ...(call.value === undefined ? [] : [call.value]))
}
