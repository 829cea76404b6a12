import { flag, integer } from '../../core/options.ts'

export const nSplits = integer({ min: 2, default: 5, help: 'how many folds' })
export const shuffle = flag({ help: 'mix the rows before they are split' })
export const randomState = integer({ min: 0, help: 'seed of the mixing; the default generator without' })
export const nRepeats = integer({ min: 1, default: 10, help: 'how often the folds are made anew' })
