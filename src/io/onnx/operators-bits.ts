import { bytesPerElement } from '../../core/dtype.ts'
import { bitwiseAnd, bitwiseNot, bitwiseOr, bitwiseXor, shiftLeft, shiftRight } from '../../ops/bits.ts'
import { bitCast, canBitCast } from './bit-cast.ts'
import type { Operator, Operators } from './call.ts'

const bitCasting: Operator = call => {
  const x = call.input(0)
  const dtype = call.dtype('to')
  if (bytesPerElement(x.dtype) !== bytesPerElement(dtype))
    call.fail(`reads ${x.dtype} as ${dtype}`, 'Both must be of one width.')
  if (!canBitCast(x))
    call.fail(
      `reads computed ${x.dtype} as ${dtype}`,
      'Of 64-bit types only the bits of inputs and constants are known exactly.',
    )
  return bitCast(x, dtype)
}

export const bitsOperators: Operators = {
  BitwiseAnd: call => bitwiseAnd(call.input(0), call.input(1)),
  BitwiseOr: call => bitwiseOr(call.input(0), call.input(1)),
  BitwiseXor: call => bitwiseXor(call.input(0), call.input(1)),
  BitwiseNot: call => bitwiseNot(call.input(0)),
  BitCast: bitCasting,
  BitShift: call => {
    const right = call.choice('direction', ['LEFT', 'RIGHT'], 'LEFT') === 'RIGHT'
    return (right ? shiftRight : shiftLeft)(call.input(0), call.input(1))
  },
}
