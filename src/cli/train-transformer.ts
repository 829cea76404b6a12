import type { Command } from './command.ts'
import { trainPairsCommand } from './train-pairs.ts'

export const trainTransformerCommand: Command = trainPairsCommand('transformer', {
  summary: 'train a Transformer with encoder and decoder on pairs of texts',
  examples: [
    'gradus train transformer --data eng-fra.txt --out runs/french',
    'gradus train transformer --task sort --min-length 5 --max-length 15',
    'gradus train transformer --data pairs.tsv --label-smoothing 0.1 --lr-schedule inverse-sqrt --warmup 400',
    'gradus train transformer --config runs/french/train.json --out runs/french --resume',
  ],
})
