import { type Shape, sizeOf } from '../core/shape.ts'
import { Arena } from '../engine/kernels/update.ts'
import type { Parameter } from '../nn/parameter.ts'
import type { Schedule } from './schedules.ts'

/** A parameter and its place. */
export interface Entry {
  readonly name: string
  readonly parameter: Parameter
  /** First element in each section of the arena. */
  readonly start: number
  readonly size: number
  /** Number of its group. */
  readonly group: number
  readonly decays: boolean
}

/** Neighbours in the arena that one call of the kernel updates. */
export interface Segment {
  readonly start: number
  readonly length: number
  readonly group: number
  readonly decays: boolean
}

/** Parameters that share a rate and a decay. */
export interface Group {
  readonly learningRate: number | Schedule
  readonly weightDecay: number
  readonly parameters: readonly (readonly [string, Parameter])[]
}

/** The name of a rule's number in a group. */
export const inGroup = (name: string, group: number): string => (group === 0 ? name : `${name}.${group}`)

/** Places in the arena, group after group, in each the decaying parameters first, so that few calls of the kernel cover all. */
export const layOut = (
  groups: readonly Group[],
  decays: (name: string, shape: Shape) => boolean,
): { entries: Entry[]; segments: Segment[]; length: number } => {
  let start = 0
  const entries: Entry[] = []
  const segments: Segment[] = []
  for (const [group, { parameters }] of groups.entries()) {
    for (const decaying of [true, false]) {
      const from = start
      for (const [name, parameter] of parameters) {
        if (decays(name, parameter.shape) !== decaying) continue
        const size = sizeOf(parameter.shape)
        entries.push({ name, parameter, start, size, group, decays: decaying })
        start += Arena.padded(size)
      }
      if (start > from) segments.push({ start: from, length: start - from, group, decays: decaying })
    }
  }
  return { entries, segments, length: start }
}
