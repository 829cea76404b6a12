import type { DType } from '../../src/core/dtype.ts'
import { EngineError } from '../../src/core/errors.ts'
import type { Op } from '../../src/graph/op.ts'
import { checkEngine, type EngineCase, engineCasesOf, noKernel } from './engine-cases.ts'

/** What came of running cases on an engine: plain data, so that a page can hand it to a test. */
export interface Tally {
  readonly cases: number
  /** Cases that agree with the reference. */
  readonly right: number
  /** Operations that the engine refused in the documented words, by the dtype that the refusal is about. */
  readonly refused: Readonly<Record<string, readonly string[]>>
  /** Operation, dtype and what is wrong. */
  readonly wrong: readonly (readonly [op: string, dtype: DType, message: string])[]
}

/** What a device says that has no such numbers. */
const noDType =
  /^\w+: (\w+) is not available on this device\. Convert with x\.to\("float32"\), or use the reference engine\.$/

/** The dtype of a refusal in the documented words; null if it is no such refusal. */
const refusedDType = (error: unknown, c: EngineCase): string | null => {
  if (!(error instanceof EngineError)) return null
  return noKernel.test(error.message) ? c.dtype : (noDType.exec(error.message)?.[1] ?? null)
}

/**
 * WGSL's functions are less exact than those of a CPU, and what is made of them: sin and cos to 2^-11 for arguments up to π, acos to
 * 6.77e-5. Source: WebGPU Shading Language, section 15.7.4 (accuracy of built-in functions).
 */
const [wgslSin, wgslAcos] = [2 ** -11, 6.77e-5]
const tolerances: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  webgpu: {
    sin: wgslSin,
    cos: wgslSin,
    tan: wgslSin,
    sinc: wgslSin,
    lgamma: wgslSin,
    polygamma: wgslSin,
    acos: wgslAcos,
  },
}

/** Runs cases of operations on an engine: all, or the first one of each. */
export const tally = async (engine: string, ops: readonly Op[], which: 'all' | 'first'): Promise<Tally> => {
  const refused: Record<string, string[]> = {}
  const wrong: [string, DType, string][] = []
  let cases = 0
  let right = 0
  for (const op of ops) {
    const all = engineCasesOf(op)
    for (const c of which === 'all' ? all : all.slice(0, 1)) {
      cases += 1
      try {
        await checkEngine(c.case, engine, c.float, tolerances[engine]?.[op.name])
        right += 1
      } catch (error) {
        const dtype = refusedDType(error, c)
        if (dtype === null) wrong.push([op.name, c.dtype, error instanceof Error ? error.message : String(error)])
        else if (!refused[dtype]?.includes(op.name)) refused[dtype] = [...(refused[dtype] ?? []), op.name]
      }
    }
  }
  return { cases, right, refused, wrong }
}

/** Several tallies as one. */
export const together = (parts: readonly Tally[]): Tally => {
  const dtypes = [...new Set(parts.flatMap(t => Object.keys(t.refused)))]
  return {
    cases: parts.reduce((total, t) => total + t.cases, 0),
    right: parts.reduce((total, t) => total + t.right, 0),
    refused: Object.fromEntries(dtypes.map(d => [d, parts.flatMap(t => t.refused[d] ?? []).sort()])),
    wrong: parts.flatMap(t => t.wrong),
  }
}
