import { fillNormal, fillUniform } from '../../src/core/philox.ts'
import { fromArray, type Shape, type Tensor } from '../../src/index.ts'
import { Generator } from '../../src/tensor/random.ts'
import { specialCount, specialIds } from '../../src/text/index.ts'

type Floats = Tensor<Shape, 'float32'>
type Ids = Tensor<Shape, 'int32'>

export const audio = { features: 10, letters: 4, most: 4 } as const
export const vocabSize = audio.letters + specialCount

export interface Recordings {
  /** `[B, T, features]`. */
  readonly x: Floats
  readonly lengths: Ids
  readonly frames: readonly number[]
  /** Letters from 0 on. */
  readonly texts: readonly (readonly number[])[]
  /** Begin and letters, and letters and end, filled up: int32 `[B, most + 1]`. */
  readonly target: Ids
  readonly next: Ids
}

/**
 * Spoken letters, as a spectrogram shows them: each is a bump in bands of its own for 3 to 6 frames, louder in the middle, with silence of 0
 * to 2 frames between them and noise over all.
 */
export const recordings = (count: number, seed: number): Recordings => {
  const source = new Generator(seed)
  const unit = new Float64Array(1)
  const upTo = (n: number): number => {
    source.draw<Float64Array>(1, fillUniform)(unit)
    return Math.floor(unit[0]! * n)
  }
  const { features, letters, most } = audio
  const texts = Array.from({ length: count }, () => Array.from({ length: 1 + upTo(most) }, () => upTo(letters)))
  const spoken = texts.map(text =>
    text.flatMap(letter => {
      const [quiet, loud] = [upTo(3), 3 + upTo(4)]
      const silence = Array.from({ length: quiet }, () => new Float64Array(features))
      const sound = Array.from({ length: loud }, (_, t) =>
        Float64Array.from({ length: features }, (_, f) => {
          const centre = ((letter + 0.5) * features) / letters
          return 2 * Math.sin((Math.PI * (t + 0.5)) / loud) * Math.exp(-((f - centre) ** 2) / 2)
        }),
      )
      return [...silence, ...sound]
    }),
  )
  const T = most * 8
  const noise = new Float64Array(count * T * features)
  source.draw<Float64Array>(noise.length, fillNormal)(noise)
  const x = Float32Array.from(noise, z => 0.2 * z)
  for (const [row, frames] of spoken.entries())
    for (const [t, frame] of frames.entries())
      for (const [f, value] of frame.entries()) x[(row * T + t) * features + f]! += value
  const rows = (make: (text: readonly number[]) => number[]): Ids => {
    const filled = texts.flatMap(text => {
      const ids = make(text.map(letter => letter + specialCount))
      return [...ids, ...Array<number>(most + 1 - ids.length).fill(specialIds.pad)]
    })
    return fromArray(Int32Array.from(filled), [count, most + 1], 'int32')
  }
  const frames = spoken.map(s => s.length)
  return {
    x: fromArray(x, [count, T, features], 'float32'),
    lengths: fromArray(Int32Array.from(frames), [count], 'int32'),
    frames,
    texts,
    target: rows(ids => [specialIds.begin, ...ids]),
    next: rows(ids => [...ids, specialIds.end]),
  }
}

/** The share of texts that were found exactly. */
export const exact = (found: readonly (readonly number[])[], expected: readonly (readonly number[])[]): number =>
  found.filter((text, i) => text.join() === expected[i]!.join()).length / expected.length
