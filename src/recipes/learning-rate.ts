import { ArgumentError } from '../core/errors.ts'
import { type Infer, integer, number, type Options, oneOf } from '../core/options.ts'
import { constant, cosine, exponential, type Schedule, step as stepDecay } from '../optim/index.ts'

/** The options of a recipe that say how its learning rate runs; `peak` is the default rate. */
export const rateOptions = (peak: number, least = 'a tenth of the peak') =>
  ({
    learningRate: number({ default: peak, above: 0, aliases: ['lr'], help: 'peak learning rate' }),
    lrSchedule: oneOf(['constant', 'cosine', 'step', 'exponential'], {
      default: 'cosine',
      help: 'how the rate falls: cosine to --min-lr; step to a tenth every third of the run; exponential to --min-lr',
    }),
    warmupSteps: integer({
      min: 0,
      aliases: ['warmup'],
      help: 'updates over which the rate rises; 100, or a tenth of fewer than 1000 steps, unless given',
    }),
    minLearningRate: number({ min: 0, aliases: ['min-lr'], help: `rate at the end; ${least} unless given` }),
  }) as const
type RateOptions = Infer<Options<ReturnType<typeof rateOptions>>>

const warmupOf = ({ warmupSteps }: RateOptions, steps: number): number =>
  warmupSteps ?? Math.min(100, Math.floor(steps / 10))

/** Rules that concern several of them, for a run of so many updates. */
export const checkRate = (where: string, o: RateOptions, steps: number): void => {
  if (o.minLearningRate !== undefined && (o.lrSchedule === 'constant' || o.lrSchedule === 'step')) {
    throw new ArgumentError(
      `${where}: --min-lr has no effect with --lr-schedule ${o.lrSchedule}. Leave it out, or choose cosine or exponential.`,
    )
  }
  if (o.minLearningRate !== undefined && o.minLearningRate > o.learningRate) {
    throw new ArgumentError(
      `${where}: --min-lr ${o.minLearningRate} is above --lr ${o.learningRate}. Choose at most the peak rate.`,
    )
  }
  if (o.lrSchedule === 'cosine' && warmupOf(o, steps) >= steps) {
    throw new ArgumentError(
      `${where}: --warmup ${o.warmupSteps} leaves nothing of ${steps} steps for the cosine. Choose a shorter warm-up.`,
    )
  }
}

/** `least` is what part of the peak is left at the end, unless the options say. */
export const scheduleOf = (o: RateOptions, totalSteps: number, least = 0.1): Schedule => {
  const { learningRate } = o
  const warmupSteps = warmupOf(o, totalSteps)
  const minLearningRate = o.minLearningRate ?? learningRate * least
  if (o.lrSchedule === 'cosine') return cosine({ learningRate, totalSteps, warmupSteps, minLearningRate })
  const falling: Schedule =
    o.lrSchedule === 'step'
      ? stepDecay({ learningRate, stepSize: Math.ceil(totalSteps / 3) })
      : o.lrSchedule === 'exponential'
        ? exponential({ learningRate, gamma: (Math.max(minLearningRate, 1e-12) / learningRate) ** (1 / totalSteps) })
        : constant(learningRate)
  return at => falling(at) * Math.min(1, (at + 1) / (warmupSteps + 1))
}
