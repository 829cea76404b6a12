import type { Op } from '../graph/op.ts'
import { averagePoolOps } from './average-pool.ts'
import { maxPoolOps } from './max-pool.ts'

export * from './average-pool.ts'
export * from './max-pool.ts'

export const poolingOps: readonly Op[] = [...maxPoolOps, ...averagePoolOps]
