import type { Case } from './case.ts'
import { resizes } from './images.ts'
import { learned } from './learned.ts'
import { movement } from './movement.ts'
import { losses, normalisations } from './normalisation.ts'
import { arithmetic, quantised, signals } from './numbers.ts'
import { attentions, recurrent } from './sequences.ts'
import { convolutions, pools } from './windows.ts'

export type { Case, Input } from './case.ts'

/** Operators with inputs and options that ONNX Runtime accepts too. */
export const cases: readonly Case[] = [
  ...convolutions,
  ...pools,
  ...resizes,
  ...recurrent,
  ...attentions,
  ...arithmetic,
  ...quantised,
  ...signals,
  ...normalisations,
  ...losses,
  ...movement,
  ...learned,
]
