import { ArgumentError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import type { Precision } from './account.ts'

/** What a processor can do at most. */
export interface Chip {
  readonly title: string
  /** Operations a second on dense matrices in each precision; null where it has no faster way than float32's, or the maker says nothing. */
  readonly peak: Readonly<Record<Precision, number | null>>
  /** Bytes a second between processor and memory. */
  readonly bandwidth: number
  /** Bytes. */
  readonly memory: number
}

const [G, T] = [1e9, 1e12]

/**
 * A few processors, by the figures of their makers: dense matrices, no sparsity. What is reached is less, for bandwidth about four fifths.
 */
export const chips = {
  // NVIDIA A100 datasheet (2021), 80 GB SXM.
  a100: {
    title: 'NVIDIA A100 80 GB',
    peak: { float32: 19.5 * T, float16: 312 * T, int8: 624 * T },
    bandwidth: 2039 * G,
    memory: 80 * G,
  },
  // NVIDIA H100 datasheet (2023), SXM: the sheet's tensor figures are with sparsity, these are half of them.
  h100: {
    title: 'NVIDIA H100 SXM',
    peak: { float32: 67 * T, float16: 989.4 * T, int8: 1978.9 * T },
    bandwidth: 3350 * G,
    memory: 80 * G,
  },
  // NVIDIA H200 datasheet (2024), SXM: H100's processor with more memory.
  h200: {
    title: 'NVIDIA H200 SXM',
    peak: { float32: 67 * T, float16: 989.4 * T, int8: 1978.9 * T },
    bandwidth: 4800 * G,
    memory: 141 * G,
  },
  // NVIDIA T4 datasheet (2019).
  t4: {
    title: 'NVIDIA T4',
    peak: { float32: 8.1 * T, float16: 65 * T, int8: 130 * T },
    bandwidth: 320 * G,
    memory: 16 * G,
  },
  // NVIDIA Ada GPU architecture white paper (2022), appendix A; float16 with sums in float32.
  'rtx-4090': {
    title: 'NVIDIA GeForce RTX 4090',
    peak: { float32: 82.6 * T, float16: 165.2 * T, int8: 660.6 * T },
    bandwidth: 1008 * G,
    memory: 24 * G,
  },
  // Apple Newsroom, 18 October 2021: "M1 Pro and M1 Max"; the GPU with 32 cores.
  'm1-max': {
    title: 'Apple M1 Max',
    peak: { float32: 10.4 * T, float16: null, int8: null },
    bandwidth: 400 * G,
    memory: 64 * G,
  },
  // Apple Newsroom, 6 June 2022: "M2"; the GPU with 10 cores.
  m2: {
    title: 'Apple M2',
    peak: { float32: 3.6 * T, float16: null, int8: null },
    bandwidth: 100 * G,
    memory: 24 * G,
  },
  // AMD EPYC 9654 product page (2022): 96 cores at 2.4 GHz, 12 channels of DDR5-4800. A Zen 4 core does two fused multiply-adds of eight
  // float32 a cycle (AMD, Software Optimization Guide for the AMD Zen 4 Microarchitecture), so 32 operations; 32 GB on each channel.
  'epyc-9654': {
    title: 'AMD EPYC 9654 (96 cores)',
    peak: { float32: 96 * 32 * 2.4 * G, float16: null, int8: null },
    bandwidth: 460.8 * G,
    memory: 384 * G,
  },
  // One core of that, at its highest clock of 3.7 GHz, with its share of bandwidth and memory.
  'epyc-core': {
    title: 'AMD EPYC 9654 (one core)',
    peak: { float32: 32 * 3.7 * G, float16: null, int8: null },
    bandwidth: 4.8 * G,
    memory: 4 * G,
  },
  // Raspberry Pi 5 product brief (2023): four Cortex-A76 at 2.4 GHz, 32 bits of LPDDR4X-4267. Two pipelines of four fused multiply-adds in
  // float32, eight in float16, or 16 products of int8 (Arm, Cortex-A76 Software Optimization Guide).
  'raspberry-pi-5': {
    title: 'Raspberry Pi 5',
    peak: { float32: 4 * 16 * 2.4 * G, float16: 4 * 32 * 2.4 * G, int8: 4 * 64 * 2.4 * G },
    bandwidth: 17.1 * G,
    memory: 8 * G,
  },
} as const satisfies Readonly<Record<string, Chip>>

export type ChipName = keyof typeof chips
export const chipNames = Object.keys(chips) as ChipName[]

/** The chip of that name. @throws ArgumentError that says which there are */
export const chipOf = (name: string): Chip => {
  if (Object.hasOwn(chips, name)) return chips[name as ChipName]
  const near = nearest(name, chipNames)
  const hint = near ? `Did you mean ${near}?` : `The chips are ${chipNames.join(', ')}.`
  throw new ArgumentError(`chipOf: there is no chip ${JSON.stringify(name)}. ${hint}`, { name })
}
